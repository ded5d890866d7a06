#pragma once

#include "wire/computer_types.h"
#include "wye/browser_computer.h"

// The typed requests about mouse and keyboard as the wire's bodies, and how long each takes at least.
namespace wye::sdk {

[[nodiscard]] wire::ClickMouse body_of(const MouseClick& click);
[[nodiscard]] wire::MoveMouse body_of(const MouseMove& move);
[[nodiscard]] wire::DragMouse body_of(const MouseDrag& drag);
[[nodiscard]] wire::Scroll body_of(const MouseScroll& scroll);
[[nodiscard]] wire::TypeText body_of(const TypedText& text);
[[nodiscard]] wire::PressKey body_of(const KeyPress& keys);
[[nodiscard]] wire::SetCursor body_of(const MouseCursor& cursor);
[[nodiscard]] wire::Sleep body_of(const ComputerPause& pause);
[[nodiscard]] wire::BatchAction batch_action(const ComputerAction& action);

/// Milliseconds, from what the request asks for. Values beyond the API's bounds, which it refuses, count as
/// the bound.
[[nodiscard]] inline std::int64_t time_of(const MouseClick&) { return 0; }
[[nodiscard]] std::int64_t time_of(const MouseMove& move);
[[nodiscard]] std::int64_t time_of(const MouseDrag& drag);
[[nodiscard]] inline std::int64_t time_of(const MouseScroll&) { return 0; }
[[nodiscard]] std::int64_t time_of(const TypedText& text);
[[nodiscard]] std::int64_t time_of(const KeyPress& keys);
[[nodiscard]] inline std::int64_t time_of(const MouseCursor&) { return 0; }
[[nodiscard]] std::int64_t time_of(const ComputerPause& pause);

}  // namespace wye::sdk
