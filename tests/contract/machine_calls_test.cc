// Where each call about a browser's machine goes, and that none of them falls back (routing-contract §2–§4).
#include <functional>

#include "contract_fixture.h"
#include "wye/browser_computer.h"
#include "wye/browser_files.h"
#include "wye/browser_logs.h"
#include "wye/browser_playwright.h"
#include "wye/browser_processes.h"
#include "wye/browser_repl.h"

namespace wye {
namespace {

/// What a call has come to: how often each side was asked beyond the learning of the route, and the error.
struct Row {
  const char* name;
  bool direct;
  std::function<Error(const Browsers&)> call;
};

template <class T>
Error error_of(const Result<T>& result) {
  return result ? Error{.code = "no error"} : result.error();
}

const std::vector<Row>& rows() {
  static const std::string kId = kSession;
  static const std::vector<Row> kRows{
      {"exec", true, [](auto& b) { return error_of(b.process().exec(kId, {.command = "x"})); }},
      {"spawn", true, [](auto& b) { return error_of(b.process().spawn(kId, {.command = "x"})); }},
      {"status", true, [](auto& b) { return error_of(b.process().status(kId, "p")); }},
      {"stdin", true, [](auto& b) { return error_of(b.process().write_stdin(kId, "p", "x")); }},
      {"kill", true, [](auto& b) { return error_of(b.process().kill(kId, "p")); }},
      {"resize", true, [](auto& b) { return error_of(b.process().resize(kId, "p", {})); }},
      {"output", true, [](auto& b) { return error_of(b.process().output(kId, "p")); }},
      {"execute", true, [](auto& b) { return error_of(b.playwright().execute(kId, {.code = "x"})); }},
      {"executors", true, [](auto& b) { return error_of(b.playwright().executors(kId)); }},
      {"remove_executor", true, [](auto& b) { return error_of(b.playwright().remove_executor(kId, "e")); }},
      {"logs", true, [](auto& b) { return error_of(b.logs().stream(kId)); }},
      {"info", true, [](auto& b) { return error_of(b.fs().info(kId, "/f")); }},
      {"list", true, [](auto& b) { return error_of(b.fs().list(kId, "/f")); }},
      {"create_directory", true, [](auto& b) { return error_of(b.fs().create_directory(kId, "/f")); }},
      {"remove_file", true, [](auto& b) { return error_of(b.fs().remove_file(kId, "/f")); }},
      {"remove_directory", true, [](auto& b) { return error_of(b.fs().remove_directory(kId, "/f")); }},
      {"move", true, [](auto& b) { return error_of(b.fs().move(kId, "/f", "/g")); }},
      {"set_permissions", true,
       [](auto& b) {
         return error_of(b.fs().set_permissions(kId, {"/f", "644"}));
       }},
      {"read", true, [](auto& b) { return error_of(b.fs().read(kId, "/f")); }},
      {"write", true, [](auto& b) { return error_of(b.fs().write(kId, {.path = "/f", .body = "x"})); }},
      {"upload", true,
       [](auto& b) {
         return error_of(b.fs().upload(kId, {{"/f", "x"}}));
       }},
      {"upload_zip", true,
       [](auto& b) {
         return error_of(b.fs().upload_zip(kId, {"/f", "x"}));
       }},
      {"upload_zstd", true,
       [](auto& b) {
         return error_of(b.fs().upload_zstd(kId, {"/f", "x"}));
       }},
      {"download_zip", true, [](auto& b) { return error_of(b.fs().download_zip(kId, "/f")); }},
      {"download_zstd", true, [](auto& b) { return error_of(b.fs().download_zstd(kId, "/f")); }},
      {"start_watch", true, [](auto& b) { return error_of(b.fs().start_watch(kId, "/f")); }},
      {"watch_events", true, [](auto& b) { return error_of(b.fs().watch_events(kId, "w")); }},
      {"stop_watch", true, [](auto& b) { return error_of(b.fs().stop_watch(kId, "w")); }},
      {"click", true, [](auto& b) { return error_of(b.computer().click(kId, {})); }},
      {"mouse_move", true, [](auto& b) { return error_of(b.computer().move(kId, {})); }},
      {"drag", true, [](auto& b) { return error_of(b.computer().drag(kId, {})); }},
      {"scroll", true, [](auto& b) { return error_of(b.computer().scroll(kId, {})); }},
      {"type", true, [](auto& b) { return error_of(b.computer().type(kId, {})); }},
      {"press", true, [](auto& b) { return error_of(b.computer().press(kId, {})); }},
      {"set_cursor", true, [](auto& b) { return error_of(b.computer().set_cursor(kId, {})); }},
      {"batch", true, [](auto& b) { return error_of(b.computer().batch(kId, {})); }},
      {"mouse_position", true, [](auto& b) { return error_of(b.computer().mouse_position(kId)); }},
      {"screenshot", true, [](auto& b) { return error_of(b.computer().screenshot(kId)); }},
      {"read_clipboard", true, [](auto& b) { return error_of(b.computer().read_clipboard(kId)); }},
      {"write_clipboard", true, [](auto& b) { return error_of(b.computer().write_clipboard(kId, "x")); }},
      {"repl", false, [](auto& b) { return error_of(b.repl().run(kId, {.code = "x"})); }},
  };
  return kRows;
}

class MachineCalls : public Contract {
 protected:
  MachineCalls() { options_.routing_subresources = std::nullopt; }  // the default allow list
};

TEST_F(MachineCalls, go_where_the_default_allow_list_sends_them_and_never_back) {
  control_script_ = [this](const testing::SeenRequest& request) {
    return request.line.starts_with("GET /browsers/" + kSession + " ")
               ? testing::answer(200, browser(jwt("a")))
               : testing::answer(404, kGone);
  };
  for (const auto& row : rows()) {
    learn();
    const auto control = control_.count(), metro = metro_.count();
    EXPECT_EQ(row.call(client().browsers()).code, "browser_gone") << row.name;
    EXPECT_EQ(metro_.count() - metro, row.direct ? 1u : 0u) << row.name;
    EXPECT_EQ(control_.count() - control, row.direct ? 0u : 1u) << row.name << " must not fall back";
    if (!row.direct) continue;
    const auto seen = metro_.last_seen();
    EXPECT_NE(seen.line.find("/browser/kernel/" + kSession + "/"), std::string::npos) << seen.line;
    EXPECT_EQ(seen.head.find(kKey), std::string::npos) << "no API key reaches a VM: " << row.name;
  }
}

TEST_F(MachineCalls, go_to_the_control_plane_with_the_key_where_no_route_is_known) {
  control_script_ = [](const testing::SeenRequest&) { return testing::answer(404, kGone); };
  for (const auto& row : rows()) {
    const auto before = control_.count();
    EXPECT_EQ(row.call(client().browsers()).code, "browser_gone") << row.name;
    EXPECT_EQ(control_.count() - before, 1u) << row.name;
    EXPECT_NE(control_.last_seen().head.find("Authorization: Bearer " + kKey), std::string::npos) << row.name;
  }
  EXPECT_EQ(metro_.count(), 0u);
}

}  // namespace
}  // namespace wye
