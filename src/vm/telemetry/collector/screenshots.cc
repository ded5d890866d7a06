#include "vm/telemetry/collector/screenshots.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "vm/telemetry/collector/input_script.h"
#include "vm/telemetry/collector/object_text.h"

namespace wye::vm {

namespace json = boost::json;

namespace {

constexpr std::string_view kCategory = "screenshot";
constexpr double kSmallest = 0.05;

const json::object& object_of(const Result<json::value>& answer) {
  static const json::object kNone;
  return answer && answer->is_object() ? answer->get_object() : kNone;
}

}  // namespace

void Screenshots::set_on(bool on) {
  if (std::exchange(on_, on) == on) return;
  if (on)
    sink_.deadlines().set({Deadlines::What::screenshot, ""}, sink_.now());
  else
    clear();
}

void Screenshots::clear() {
  sink_.deadlines().clear({Deadlines::What::screenshot, ""});
  generation_ = std::make_shared<int>();
  on_ = waits_for_page_ = false;
  began_.reset();
  scale_ = 1;
}

void Screenshots::on_page() {
  if (on_ && std::exchange(waits_for_page_, false))
    sink_.deadlines().set({Deadlines::What::screenshot, ""}, sink_.now());
}

CdpPort::Done Screenshots::then(void (Screenshots::*call)(std::shared_ptr<Shot>, Result<json::value>,
                                                          CdpPort&),
                                std::shared_ptr<Shot> shot, CdpPort& port) {
  return [this, call, shot = std::move(shot), &port,
          alive = std::weak_ptr<int>(generation_)](Result<json::value> answer) {
    if (!alive.expired()) (this->*call)(shot, std::move(answer), port);
  };
}

void Screenshots::on_due(CdpPort& port) {
  sink_.deadlines().set({Deadlines::What::screenshot, ""}, sink_.now() + kEvery);
  if (began_ && sink_.now() - *began_ < kGiveUpAfter) return;
  if (!sink_.admits(kCategory)) return;
  std::vector<Target*> pages;
  targets_.for_each([&](Target& target) {
    if (target.is_page()) pages.push_back(&target);
  });
  waits_for_page_ = pages.empty();
  if (waits_for_page_) return;
  std::sort(pages.begin(), pages.end(),
            [](const auto* a, const auto* b) { return a->last_active > b->last_active; });
  pages.resize(std::min(pages.size(), kMaxPagesAsked));
  auto shot = std::make_shared<Shot>();  // shared by the answers of one picture, which come one after another
  for (auto at = pages.rbegin(); at != pages.rend(); ++at) shot->pages.push_back((*at)->session);
  generation_ = std::make_shared<int>();  // answers of one that was given up are not waited for any more
  began_ = sink_.now();
  choose(std::move(shot), port);
}

// With one page there is nothing to ask. Else the first that says it is visible, asked in a world of ours.
void Screenshots::choose(std::shared_ptr<Shot> shot, CdpPort& port) {
  if (shot->pages.empty()) return end();
  const bool only_one = shot->pages.size() == 1 && shot->session.empty();
  shot->session = shot->pages.back();
  shot->pages.pop_back();
  const auto* target = targets_.of_session(shot->session);
  if (target == nullptr) return choose(std::move(shot), port);
  if (only_one) return measure(std::move(shot), port);
  ObjectText params;
  params.text("frameId", target->id).text("worldName", kWorldName);
  port.send("Page.createIsolatedWorld", std::move(params).finish(), shot->session,
            then(&Screenshots::on_world, shot, port));
}

void Screenshots::on_world(std::shared_ptr<Shot> shot, Result<json::value> answer, CdpPort& port) {
  const auto context = integer_at(object_of(answer), "executionContextId");
  if (context == 0) return choose(std::move(shot), port);
  ObjectText params;
  params.text("expression", "document.visibilityState").number("contextId", context);
  port.send("Runtime.evaluate", std::move(params).finish(), shot->session,
            then(&Screenshots::on_visible, shot, port));
}

void Screenshots::on_visible(std::shared_ptr<Shot> shot, Result<json::value> answer, CdpPort& port) {
  if (text_at(object_at(object_of(answer), "result"), "value") == "visible")
    return measure(std::move(shot), port);
  choose(std::move(shot), port);
}

void Screenshots::measure(std::shared_ptr<Shot> shot, CdpPort& port) {
  if (scale_ >= 1) return capture(std::move(shot), R"({"format":"png"})", port);
  port.send("Page.getLayoutMetrics", "{}", shot->session, then(&Screenshots::on_measured, shot, port));
}

void Screenshots::on_measured(std::shared_ptr<Shot> shot, Result<json::value> answer, CdpPort& port) {
  const auto& view = object_at(object_of(answer), "cssVisualViewport");
  if (view.empty()) return end();
  ObjectText clip, params;
  clip.number("x", number_at(view, "pageX"))
      .number("y", number_at(view, "pageY"))
      .number("width", number_at(view, "clientWidth"))
      .number("height", number_at(view, "clientHeight"))
      .number("scale", scale_);
  params.text("format", "png").raw("clip", std::move(clip).finish());
  capture(std::move(shot), std::move(params).finish(), port);
}

void Screenshots::capture(std::shared_ptr<Shot> shot, const std::string& params, CdpPort& port) {
  port.send("Page.captureScreenshot", params, shot->session, then(&Screenshots::captured, shot, port));
}

void Screenshots::captured(std::shared_ptr<Shot> shot, Result<json::value> answer, CdpPort& port) {
  const auto png = text_at(object_of(answer), "data");
  const auto* target = targets_.of_session(shot->session);
  if (png.empty() || target == nullptr) return end();
  const auto fit = std::sqrt(static_cast<double>(kMaxBase64) / static_cast<double>(png.size()));
  if (png.size() > kMaxBase64) {
    // Bytes grow with the area; a little less, so that the next try fits.
    scale_ = std::max(kSmallest, scale_ * fit * 0.9);
    if (++shot->tries < kMaxTries) return measure(std::move(shot), port);
    sink_.drop(kCategory, "overload");
    return end();
  }
  ObjectText data;
  data.text("png", png);
  sink_.emit("monitor_screenshot", kCategory, "Page.captureScreenshot", *target, std::move(data).finish());
  if (scale_ < 1 && fit > 2) scale_ = std::min(1.0, scale_ * fit / 2);  // the page has become simpler
  end();
}

void Screenshots::end() { began_.reset(); }

}  // namespace wye::vm
