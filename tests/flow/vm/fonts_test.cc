// How pages in other scripts look in a VM.
#include "probe_vm.h"

namespace wye::host {
namespace {

// Draws each sample, and reports which look like a code point that no font has, or like nothing at all.
constexpr const char* kPage =
    "<meta charset=utf-8><p id=out>unfinished</p><script>"
    "const pixels = (text) => { const c = document.createElement(\"canvas\"); c.width = c.height = 64;"
    " const d = c.getContext(\"2d\"); d.font = \"40px sans-serif\"; d.fillText(text, 4, 48);"
    " return d.getImageData(0, 0, 64, 64).data.join(); };"
    "const boxes = [pixels(\"\\u0378\"), pixels(\"\\u{2fffe}\"), pixels(\" \")];"
    "const samples = {latin: \"g\", greek: \"\\u03c9\", cyrillic: \"\\u0436\", hebrew: \"\\u05d0\", arabic: "
    "\"\\u0639\","
    " chinese: \"\\u6c49\", traditional: \"\\u6f22\", japanese: \"\\u3042\", korean: \"\\ud55c\", hindi: "
    "\"\\u0905\","
    " bengali: \"\\u0985\", tamil: \"\\u0b85\", thai: \"\\u0e01\", georgian: \"\\u10d0\", emoji: "
    "\"\\u{1f600}\"};"
    "document.getElementById(\"out\").textContent = \"missing:\" + "
    "Object.keys(samples).filter((n) => boxes.includes(pixels(samples[n]))).join();</script>";

class Fonts : public ProbeVm {};

TEST_F(Fonts, pages_of_many_scripts_show_glyphs_and_no_boxes) {
  max_tasks_ = 1000;
  launch();
  const auto shown = as_kernel(
      std::string("cat > /tmp/page.html <<'EOF'\n") + kPage +
      "\nEOF\nHOME=/home/kernel timeout 25 /usr/lib/chromium/chromium --headless=new --disable-gpu "
      "--no-first-run "
      "--disable-background-networking --disable-component-update --disable-sync --disable-default-apps "
      "--user-data-dir=/home/kernel/try --dump-dom file:///tmp/page.html 2>/dev/null");
  EXPECT_NE(shown.output.find("<p id=\"out\">missing:</p>"), std::string::npos)
      << "apt-get install fonts-noto-core fonts-noto-cjk fonts-noto-color-emoji\n"
      << shown.output.substr(0, shown.output.find("<script>"));
}

}  // namespace
}  // namespace wye::host
