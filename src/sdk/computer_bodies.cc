#include "sdk/computer_bodies.h"

#include <algorithm>

namespace wye::sdk {
namespace {

constexpr std::int64_t kLongestPause = 60'000, kLongestMove = 10'000, kLongestSleep = 30'000;
constexpr std::int64_t kMostSteps = 1'000, kUsualSteps = 10, kUsualStep = 50;
constexpr std::int64_t kMostCharacters = 100'000, kMostKeys = 100, kMostPoints = 1'000;
constexpr std::int64_t kHandsPause = 500;  // a hand's pauses are shorter, its corrections included

std::int64_t within(std::optional<std::int64_t> value, std::int64_t otherwise, std::int64_t most) {
  return std::clamp<std::int64_t>(value.value_or(otherwise), 0, most);
}

std::int64_t count(std::size_t size, std::int64_t most) {
  return std::min(static_cast<std::int64_t>(size), most);
}

}  // namespace

wire::ClickMouse body_of(const MouseClick& click) {
  return {.x = click.x,
          .y = click.y,
          .num_clicks = click.count,
          .button = std::string(to_string(click.button)),
          .click_type = std::string(to_string(click.type)),
          .hold_keys = click.hold_keys};
}

wire::MoveMouse body_of(const MouseMove& move) {
  return {.x = move.x,
          .y = move.y,
          .duration_ms = move.duration_ms,
          .smooth = move.smooth,
          .hold_keys = move.hold_keys};
}

wire::DragMouse body_of(const MouseDrag& drag) {
  wire::DragMouse out{.path = {},
                      .button = std::string(to_string(drag.button)),
                      .smooth = drag.smooth,
                      .delay = drag.delay_ms,
                      .duration_ms = drag.duration_ms,
                      .steps_per_segment = drag.steps_per_segment,
                      .step_delay_ms = drag.step_delay_ms,
                      .hold_keys = drag.hold_keys};
  for (const auto& point : drag.path) out.path.push_back({point.x, point.y});
  return out;
}

wire::Scroll body_of(const MouseScroll& scroll) {
  return {.x = scroll.x,
          .y = scroll.y,
          .delta_x = scroll.delta_x,
          .delta_y = scroll.delta_y,
          .hold_keys = scroll.hold_keys};
}

wire::TypeText body_of(const TypedText& text) {
  return {.text = text.text, .delay = text.delay_ms, .smooth = text.smooth, .typo_chance = text.typo_chance};
}

wire::PressKey body_of(const KeyPress& keys) {
  return {.keys = keys.keys, .hold_keys = keys.hold_keys, .duration = keys.duration_ms};
}

wire::SetCursor body_of(const MouseCursor& cursor) { return {.hidden = cursor.hidden}; }

wire::Sleep body_of(const ComputerPause& pause) { return {.duration_ms = pause.duration_ms}; }

wire::BatchAction batch_action(const ComputerAction& action) {
  struct Put {
    wire::BatchAction out;
    void operator()(const MouseClick& it) { out.type = "click_mouse", out.click_mouse = body_of(it); }
    void operator()(const MouseMove& it) { out.type = "move_mouse", out.move_mouse = body_of(it); }
    void operator()(const MouseDrag& it) { out.type = "drag_mouse", out.drag_mouse = body_of(it); }
    void operator()(const MouseScroll& it) { out.type = "scroll", out.scroll = body_of(it); }
    void operator()(const TypedText& it) { out.type = "type_text", out.type_text = body_of(it); }
    void operator()(const KeyPress& it) { out.type = "press_key", out.press_key = body_of(it); }
    void operator()(const MouseCursor& it) { out.type = "set_cursor", out.set_cursor = body_of(it); }
    void operator()(const ComputerPause& it) { out.type = "sleep", out.sleep = body_of(it); }
  } put;
  std::visit(put, action);
  return std::move(put.out);
}

std::int64_t time_of(const MouseMove& move) { return within(move.duration_ms, kLongestMove, kLongestMove); }

std::int64_t time_of(const MouseDrag& drag) {
  const auto delay = within(drag.delay_ms, 0, kLongestPause);
  if (drag.smooth.value_or(true)) return delay + within(drag.duration_ms, kLongestMove, kLongestMove);
  return delay + count(drag.path.size(), kMostPoints) *
                     within(drag.steps_per_segment, kUsualSteps, kMostSteps) *
                     within(drag.step_delay_ms, kUsualStep, kLongestPause);
}

std::int64_t time_of(const TypedText& text) {
  const auto pause =
      within(text.delay_ms, 0, kLongestPause) + (text.smooth.value_or(false) ? kHandsPause : 0);
  return count(text.text.size(), kMostCharacters) * pause;
}

std::int64_t time_of(const KeyPress& keys) {
  return count(keys.keys.size(), kMostKeys) * within(keys.duration_ms, 0, kLongestPause);
}

std::int64_t time_of(const ComputerPause& pause) { return within(pause.duration_ms, 0, kLongestSleep); }

}  // namespace wye::sdk
