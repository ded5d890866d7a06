#pragma once

#include <boost/describe/class.hpp>

#include "wire/json_codec.h"

// The bodies of the calls about mouse, keyboard, screen and clipboard (wire-api §8). What a call needs is
// optional here, too: the agent says what is missing.
namespace wye::wire {

struct ClickMouse {
  std::optional<std::int64_t> x, y, num_clicks;
  std::optional<std::string> button, click_type;
  std::vector<std::string> hold_keys;
};
BOOST_DESCRIBE_STRUCT(ClickMouse, (), (x, y, num_clicks, button, click_type, hold_keys))

struct MoveMouse {
  std::optional<std::int64_t> x, y, duration_ms;
  std::optional<bool> smooth;
  std::vector<std::string> hold_keys;
};
BOOST_DESCRIBE_STRUCT(MoveMouse, (), (x, y, duration_ms, smooth, hold_keys))

struct DragMouse {
  std::vector<std::vector<std::int64_t>> path;
  std::optional<std::string> button;
  std::optional<bool> smooth;
  std::optional<std::int64_t> delay, duration_ms, steps_per_segment, step_delay_ms;
  std::vector<std::string> hold_keys;
};
BOOST_DESCRIBE_STRUCT(DragMouse, (),
                      (path, button, smooth, delay, duration_ms, steps_per_segment, step_delay_ms, hold_keys))

struct Scroll {
  std::optional<std::int64_t> x, y, delta_x, delta_y;
  std::vector<std::string> hold_keys;
};
BOOST_DESCRIBE_STRUCT(Scroll, (), (x, y, delta_x, delta_y, hold_keys))

struct TypeText {
  std::optional<std::string> text;
  std::optional<std::int64_t> delay;
  std::optional<bool> smooth;
  std::optional<double> typo_chance;
};
BOOST_DESCRIBE_STRUCT(TypeText, (), (text, delay, smooth, typo_chance))

struct PressKey {
  std::vector<std::string> keys, hold_keys;
  std::optional<std::int64_t> duration;
};
BOOST_DESCRIBE_STRUCT(PressKey, (), (keys, hold_keys, duration))

struct SetCursor {
  std::optional<bool> hidden;
};
BOOST_DESCRIBE_STRUCT(SetCursor, (), (hidden))

struct Sleep {
  std::optional<std::int64_t> duration_ms;
};
BOOST_DESCRIBE_STRUCT(Sleep, (), (duration_ms))

struct BatchAction {
  std::optional<std::string> type;
  std::optional<ClickMouse> click_mouse;
  std::optional<MoveMouse> move_mouse;
  std::optional<DragMouse> drag_mouse;
  std::optional<Scroll> scroll;
  std::optional<TypeText> type_text;
  std::optional<PressKey> press_key;
  std::optional<SetCursor> set_cursor;
  std::optional<Sleep> sleep;
};
BOOST_DESCRIBE_STRUCT(BatchAction, (),
                      (type, click_mouse, move_mouse, drag_mouse, scroll, type_text, press_key, set_cursor,
                       sleep))

struct Batch {
  std::vector<BatchAction> actions;
};
BOOST_DESCRIBE_STRUCT(Batch, (), (actions))

struct ScreenRegion {
  std::optional<std::int64_t> x, y, width, height;
};
BOOST_DESCRIBE_STRUCT(ScreenRegion, (), (x, y, width, height))

struct Screenshot {
  std::optional<ScreenRegion> region;
};
BOOST_DESCRIBE_STRUCT(Screenshot, (), (region))

struct MousePosition {
  std::int64_t x = 0, y = 0;
};
BOOST_DESCRIBE_STRUCT(MousePosition, (), (x, y))

struct ClipboardText {
  std::optional<std::string> text;
};
BOOST_DESCRIBE_STRUCT(ClipboardText, (), (text))

}  // namespace wye::wire
