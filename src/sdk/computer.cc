#include "wye/browser_computer.h"

#include "base/try.h"
#include "sdk/answer.h"
#include "sdk/computer_bodies.h"
#include "sdk/content_range.h"
#include "sdk/outlasting.h"
#include "sdk/paths.h"
#include "sdk/picture.h"

namespace wye {

using sdk::browser_path;
using sdk::json_request;

namespace {

constexpr std::int64_t kMostPicture = 192 << 20;  // 40 million pixels that do not compress are 160 MB
constexpr std::int64_t kMostError = 64 << 10;

Error too_large() {
  return {.kind = ErrorKind::overloaded,
          .code = "answer_too_large",
          .message = "the picture is larger than 192 MiB"};
}

// Reads an answer up to a bound that its own Content-Length is held to first.
Result<Response> read_bounded(ResponseStream stream) {
  const bool is_picture = stream.status() >= 200 && stream.status() < 300;
  const auto most = is_picture ? kMostPicture : kMostError;
  const auto size = sdk::read_count(header(stream.headers(), "Content-Length"));
  if (is_picture && size && *size > most) return too_large();
  WYE_TRY(auto body, sdk::read_whole(stream, static_cast<std::size_t>(most)));
  return Response{stream.status(), stream.headers(), std::move(body), stream.route()};
}

}  // namespace

std::string_view to_string(MouseButton button) {
  switch (button) {
    case MouseButton::left:
      return "left";
    case MouseButton::right:
      return "right";
    case MouseButton::middle:
      return "middle";
    case MouseButton::back:
      return "back";
    case MouseButton::forward:
      return "forward";
  }
  return "left";
}

std::string_view to_string(ClickType type) {
  switch (type) {
    case ClickType::click:
      return "click";
    case ClickType::down:
      return "down";
    case ClickType::up:
      return "up";
  }
  return "click";
}

Computer Browsers::computer() const { return Computer(core_); }

Result<RouteInfo> Computer::act(const std::string& id_or_name, const char* name, const std::string& body,
                                std::int64_t milliseconds, CallOptions call) const {
  WYE_TRY(auto path, browser_path(id_or_name, std::string("/computer/") + name));
  WYE_TRY(auto answer,
          core_->expect_success(json_request("POST", std::move(path), body),
                                sdk::outlasting(std::move(call), *core_, (milliseconds + 999) / 1000)));
  return std::move(answer.route);
}

Result<RouteInfo> Computer::click(const std::string& id_or_name, const MouseClick& click,
                                  CallOptions call) const {
  return act(id_or_name, "click_mouse", wire::to_text(sdk::body_of(click)), sdk::time_of(click),
             std::move(call));
}

Result<RouteInfo> Computer::move(const std::string& id_or_name, const MouseMove& move,
                                 CallOptions call) const {
  return act(id_or_name, "move_mouse", wire::to_text(sdk::body_of(move)), sdk::time_of(move),
             std::move(call));
}

Result<RouteInfo> Computer::drag(const std::string& id_or_name, const MouseDrag& drag,
                                 CallOptions call) const {
  return act(id_or_name, "drag_mouse", wire::to_text(sdk::body_of(drag)), sdk::time_of(drag),
             std::move(call));
}

Result<RouteInfo> Computer::scroll(const std::string& id_or_name, const MouseScroll& scroll,
                                   CallOptions call) const {
  return act(id_or_name, "scroll", wire::to_text(sdk::body_of(scroll)), sdk::time_of(scroll),
             std::move(call));
}

Result<RouteInfo> Computer::type(const std::string& id_or_name, const TypedText& text,
                                 CallOptions call) const {
  return act(id_or_name, "type", wire::to_text(sdk::body_of(text)), sdk::time_of(text), std::move(call));
}

Result<RouteInfo> Computer::press(const std::string& id_or_name, const KeyPress& keys,
                                  CallOptions call) const {
  return act(id_or_name, "press_key", wire::to_text(sdk::body_of(keys)), sdk::time_of(keys), std::move(call));
}

Result<RouteInfo> Computer::set_cursor(const std::string& id_or_name, const MouseCursor& cursor,
                                       CallOptions call) const {
  return act(id_or_name, "cursor", wire::to_text(sdk::body_of(cursor)), sdk::time_of(cursor),
             std::move(call));
}

Result<RouteInfo> Computer::batch(const std::string& id_or_name, const std::vector<ComputerAction>& actions,
                                  CallOptions call) const {
  wire::Batch body;
  std::int64_t time = 0;
  for (const auto& action : actions) {
    body.actions.push_back(sdk::batch_action(action));
    time += std::visit([](const auto& one) { return sdk::time_of(one); }, action);
  }
  return act(id_or_name, "batch", wire::to_text(body), time, std::move(call));
}

Result<Reached<MousePoint>> Computer::mouse_position(const std::string& id_or_name, CallOptions call) const {
  WYE_TRY(auto path, browser_path(id_or_name, "/computer/get_mouse_position"));
  WYE_TRY(const auto answer, core_->expect_success(json_request("POST", std::move(path), "{}"), call));
  WYE_TRY(const auto at, sdk::decode<wire::MoveMouse>(answer));  // whose x and y may be missing
  if (!at.x || !at.y) return sdk::bad_answer(answer, {.message = "x or y is missing"});
  return Reached<MousePoint>({*at.x, *at.y}, answer.route);
}

Result<Reached<Screenshot>> Computer::screenshot(const std::string& id_or_name,
                                                 std::optional<ScreenRegion> region, CallOptions call) const {
  wire::Screenshot wanted;
  if (region) wanted.region = {region->x, region->y, region->width, region->height};
  WYE_TRY(auto path, browser_path(id_or_name, "/computer/screenshot"));
  WYE_TRY(auto opened,
          core_->open(json_request("POST", std::move(path), wire::to_text(wanted)), call, false));
  WYE_TRY(auto answer, read_bounded(std::move(opened)));
  if (answer.status < 200 || answer.status >= 300)
    return core_->error_of(answer.status, answer.headers, answer.body);
  const auto size = sdk::size_of_png(answer.body);
  if (!size) return sdk::bad_answer(answer, size.error());
  return Reached<Screenshot>({std::move(answer.body), size->width, size->height}, answer.route);
}

Result<std::string> Computer::read_clipboard(const std::string& id_or_name, CallOptions call) const {
  WYE_TRY(auto path, browser_path(id_or_name, "/computer/clipboard/read"));
  WYE_TRY(const auto answer, core_->expect_success(json_request("POST", std::move(path), "{}"), call));
  WYE_TRY(auto read, sdk::decode<wire::ClipboardText>(answer));
  if (!read.text) return sdk::bad_answer(answer, {.message = "text is missing"});
  return std::move(*read.text);
}

Result<RouteInfo> Computer::write_clipboard(const std::string& id_or_name, const std::string& text,
                                            CallOptions call) const {
  return act(id_or_name, "clipboard/write", wire::to_text(wire::ClipboardText{text}), 0, std::move(call));
}

}  // namespace wye
