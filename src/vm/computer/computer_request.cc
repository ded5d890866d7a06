#include "vm/computer/computer_request.h"

#include <algorithm>
#include <array>

#include "base/try.h"
#include "wire/computer_types.h"

namespace wye::vm {
namespace {

constexpr std::int64_t kLargestCoordinate = 1'000'000;  // the screen's own bounds are checked later
constexpr std::int64_t kMostClicks = 100, kMostSteps = 1'000;
constexpr std::int64_t kShortestMove = 50, kLongestMove = 5'000, kLongestDrag = 10'000,
                       kLongestSleep = 30'000;
constexpr double kMostTypos = 0.10;

Error bad(std::string message) {
  return {.kind = ErrorKind::invalid, .code = "bad_request", .message = std::move(message)};
}

template <class Body>
Result<Body> read(std::string_view body) {
  return wire::from_text<Body>(body.empty() ? "{}" : body);
}

Result<std::int64_t> number(std::string_view name, const std::optional<std::int64_t>& value,
                            std::int64_t least, std::int64_t most) {
  if (!value) return bad(std::string(name) + " is required");
  if (*value < least || *value > most)
    return bad(std::string(name) + " must be from " + std::to_string(least) + " to " + std::to_string(most));
  return *value;
}

Result<std::int64_t> number_or(std::string_view name, const std::optional<std::int64_t>& value,
                               std::int64_t otherwise, std::int64_t least, std::int64_t most) {
  return value ? number(name, value, least, most) : Result<std::int64_t>(otherwise);
}

Result<Milliseconds> pause_or(std::string_view name, const std::optional<std::int64_t>& value,
                              std::int64_t otherwise = 0, std::int64_t most = kLongestPause) {
  WYE_TRY(const auto read, number_or(name, value, otherwise, 0, most));
  return Milliseconds(read);
}

Result<std::optional<Milliseconds>> duration(const std::optional<std::int64_t>& value, std::int64_t most) {
  if (!value) return std::optional<Milliseconds>();
  WYE_TRY(const auto read, number("duration_ms", value, kShortestMove, most));
  return std::optional(Milliseconds(read));
}

// Coordinates that no screen has are left to the check against the screen, whose message tells its size.
ScreenPoint point_of(std::int64_t x, std::int64_t y) {
  const auto bounded = [](std::int64_t value) {
    return static_cast<int>(std::clamp<std::int64_t>(value, -1, kLargestCoordinate));
  };
  return {bounded(x), bounded(y)};
}

Result<ScreenPoint> point(const std::optional<std::int64_t>& x, const std::optional<std::int64_t>& y) {
  if (!x) return bad("x is required");
  if (!y) return bad("y is required");
  return point_of(*x, *y);
}

Result<MouseButton> button(const std::optional<std::string>& name, bool for_drag) {
  constexpr std::array<std::pair<std::string_view, MouseButton>, 5> kButtons{
      {{"left", MouseButton::left},
       {"middle", MouseButton::middle},
       {"right", MouseButton::right},
       {"back", MouseButton::back},
       {"forward", MouseButton::forward}}};
  const std::size_t known = for_drag ? 3 : kButtons.size();
  for (std::size_t i = 0; i < known; ++i)
    if (name.value_or("left") == kButtons[i].first) return kButtons[i].second;
  return bad(for_drag ? "button must be left, middle or right"
                      : "button must be left, right, middle, back or forward");
}

Result<std::vector<Key>> held_keys(const std::vector<std::string>& names) {
  if (names.size() > kMostHeld) return bad("hold_keys must hold at most 8 keys");
  std::vector<Key> out;
  for (const auto& name : names) {
    WYE_TRY(const auto keys, read_combination(name));
    out.insert(out.end(), keys.begin(), keys.end());
  }
  if (out.size() > kMostHeld) return bad("hold_keys must hold at most 8 keys");
  return out;
}

Result<ComputerAction> action_of(const wire::ClickMouse& body) {
  ClickAction out;
  WYE_TRY(out.at, point(body.x, body.y));
  WYE_TRY(out.button, button(body.button, false));
  const auto type = body.click_type.value_or("click");
  if (type != "click" && type != "down" && type != "up") return bad("click_type must be down, up or click");
  out.presses = type != "up";
  out.releases = type != "down";
  WYE_TRY(const auto clicks, number_or("num_clicks", body.num_clicks, 1, 1, kMostClicks));
  out.clicks = type == "click" ? static_cast<int>(clicks) : 1;
  WYE_TRY(auto held, held_keys(body.hold_keys));
  return ComputerAction{out, std::move(held)};
}

Result<ComputerAction> action_of(const wire::MoveMouse& body) {
  MoveAction out;
  WYE_TRY(out.to, point(body.x, body.y));
  out.smooth = body.smooth.value_or(true);
  WYE_TRY(out.duration, duration(body.duration_ms, kLongestMove));
  WYE_TRY(auto held, held_keys(body.hold_keys));
  return ComputerAction{out, std::move(held)};
}

Result<ComputerAction> action_of(const wire::DragMouse& body) {
  DragAction out;
  if (body.path.size() < 2 || body.path.size() > kMostPoints)
    return bad("path must have from 2 to 1000 points");
  for (const auto& pair : body.path) {
    if (pair.size() != 2)
      return bad("path[" + std::to_string(out.path.size()) + "] must be a pair of coordinates");
    out.path.push_back(point_of(pair[0], pair[1]));
  }
  WYE_TRY(out.button, button(body.button, true));
  out.smooth = body.smooth.value_or(true);
  WYE_TRY(out.delay, pause_or("delay", body.delay));
  WYE_TRY(out.duration, duration(body.duration_ms, kLongestDrag));
  WYE_TRY(const auto steps, number_or("steps_per_segment", body.steps_per_segment, out.steps, 1, kMostSteps));
  out.steps = static_cast<int>(steps);
  WYE_TRY(out.step_delay, pause_or("step_delay_ms", body.step_delay_ms, out.step_delay.count()));
  WYE_TRY(auto held, held_keys(body.hold_keys));
  return ComputerAction{std::move(out), std::move(held)};
}

Result<ComputerAction> action_of(const wire::Scroll& body) {
  ScrollAction out;
  WYE_TRY(out.at, point(body.x, body.y));
  WYE_TRY(const auto right, number_or("delta_x", body.delta_x, 0, -kMostTicks, kMostTicks));
  WYE_TRY(const auto down, number_or("delta_y", body.delta_y, 0, -kMostTicks, kMostTicks));
  if (right == 0 && down == 0) return bad("delta_x and delta_y must not both be 0");
  out.right = static_cast<int>(right);
  out.down = static_cast<int>(down);
  WYE_TRY(auto held, held_keys(body.hold_keys));
  return ComputerAction{out, std::move(held)};
}

Result<ComputerAction> action_of(const wire::TypeText& body) {
  TypeAction out;
  if (!body.text) return bad("text is required");
  if (body.text->size() > kLongestText) return bad("text must have at most 100000 bytes");
  // A line break of Windows is one key.
  for (const auto character : characters_of(*body.text))
    if (character != U'\n' || out.text.empty() || out.text.back() != U'\r') out.text += character;
  const auto is_control = [](char32_t c) {
    return (c < 0x20 && c != U'\n' && c != U'\r' && c != U'\t' && c != U'\b') || c == 0x7f;
  };
  if (std::any_of(out.text.begin(), out.text.end(), is_control))
    return bad("text holds a control character that no key types");
  WYE_TRY(out.delay, pause_or("delay", body.delay));
  out.smooth = body.smooth.value_or(false);
  out.typo_chance = body.typo_chance.value_or(0);
  if (!(out.typo_chance >= 0 && out.typo_chance <= kMostTypos))
    return bad("typo_chance must be from 0 to 0.1");
  return ComputerAction{std::move(out), {}};
}

Result<ComputerAction> action_of(const wire::PressKey& body) {
  PressAction out;
  if (body.keys.empty() || body.keys.size() > kMostKeys) return bad("keys must hold from 1 to 100 keys");
  for (const auto& name : body.keys) {
    WYE_TRY(auto keys, read_combination(name));
    out.keys.push_back(std::move(keys));
  }
  WYE_TRY(out.duration, pause_or("duration", body.duration));
  WYE_TRY(auto held, held_keys(body.hold_keys));
  return ComputerAction{std::move(out), std::move(held)};
}

Result<ComputerAction> action_of(const wire::SetCursor& body) {
  if (!body.hidden) return bad("hidden is required");
  return ComputerAction{CursorAction{*body.hidden}, {}};
}

Result<ComputerAction> action_of(const wire::Sleep& body) {
  WYE_TRY(const auto milliseconds, number("duration_ms", body.duration_ms, 0, kLongestSleep));
  return ComputerAction{SleepAction{Milliseconds(milliseconds)}, {}};
}

template <class Part>
Result<ComputerAction> part_of(std::string_view type, const std::optional<Part>& part) {
  if (!part) return bad(std::string(type) + " is required when type is " + std::string(type));
  return action_of(*part);
}

Result<ComputerAction> action_of(const wire::BatchAction& body) {
  if (!body.type) return bad("type is required");
  const std::string_view type = *body.type;
  if (type == "click_mouse") return part_of(type, body.click_mouse);
  if (type == "move_mouse") return part_of(type, body.move_mouse);
  if (type == "drag_mouse") return part_of(type, body.drag_mouse);
  if (type == "scroll") return part_of(type, body.scroll);
  if (type == "type_text") return part_of(type, body.type_text);
  if (type == "press_key") return part_of(type, body.press_key);
  if (type == "set_cursor") return part_of(type, body.set_cursor);
  if (type == "sleep") return part_of(type, body.sleep);
  return bad(
      "type must be click_mouse, move_mouse, type_text, press_key, scroll, drag_mouse, set_cursor or sleep");
}

template <class Body>
Result<ComputerAction> read_action(std::string_view text) {
  WYE_TRY(const auto body, read<Body>(text));
  return action_of(body);
}

}  // namespace

Result<ComputerAction> read_click(std::string_view body) { return read_action<wire::ClickMouse>(body); }
Result<ComputerAction> read_move(std::string_view body) { return read_action<wire::MoveMouse>(body); }
Result<ComputerAction> read_drag(std::string_view body) { return read_action<wire::DragMouse>(body); }
Result<ComputerAction> read_scroll(std::string_view body) { return read_action<wire::Scroll>(body); }
Result<ComputerAction> read_type(std::string_view body) { return read_action<wire::TypeText>(body); }
Result<ComputerAction> read_press(std::string_view body) { return read_action<wire::PressKey>(body); }
Result<ComputerAction> read_cursor(std::string_view body) { return read_action<wire::SetCursor>(body); }

Result<std::vector<ComputerAction>> read_batch(std::string_view text) {
  WYE_TRY(const auto body, read<wire::Batch>(text));
  if (body.actions.empty() || body.actions.size() > kMostActions)
    return bad("actions must hold from 1 to 100 actions");
  std::vector<ComputerAction> out;
  for (const auto& part : body.actions) {
    auto action = action_of(part);
    if (!action) return bad("actions[" + std::to_string(out.size()) + "]: " + action.error().message);
    out.push_back(std::move(*action));
  }
  return out;
}

Result<std::optional<Region>> read_screenshot(std::string_view text) {
  WYE_TRY(const auto body, read<wire::Screenshot>(text));
  if (!body.region) return std::optional<Region>();
  const auto& asked = *body.region;
  WYE_TRY(const auto x, number("region.x", asked.x, 0, kLargestCoordinate));
  WYE_TRY(const auto y, number("region.y", asked.y, 0, kLargestCoordinate));
  WYE_TRY(const auto width, number("region.width", asked.width, 1, kLargestCoordinate));
  WYE_TRY(const auto height, number("region.height", asked.height, 1, kLargestCoordinate));
  return std::optional(
      Region{static_cast<int>(x), static_cast<int>(y), static_cast<int>(width), static_cast<int>(height)});
}

Result<std::string> read_clipboard_text(std::string_view text) {
  WYE_TRY(auto body, read<wire::ClipboardText>(text));
  if (!body.text) return bad("text is required");
  if (body.text->size() > kLongestClipboard) return bad("text must have at most 4 MiB");
  return std::move(*body.text);
}

Result<void> read_nothing(std::string_view body) {
  if (body.empty()) return {};
  WYE_TRY(const auto parsed, wire::parse_json(body));
  if (!parsed.is_object()) return bad("the body must be a JSON object");
  return {};
}

}  // namespace wye::vm
