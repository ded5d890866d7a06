#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "wye/browsers.h"

namespace wye {

/// The buttons of a mouse.
enum class MouseButton : std::uint8_t { left, right, middle, back, forward };
/// Returns the API's word, e.g. "left".
[[nodiscard]] std::string_view to_string(MouseButton button);

/// What a click does with its button.
enum class ClickType : std::uint8_t {
  click,  ///< Presses and releases it.
  down,   ///< Presses it; it stays down after the call.
  up,     ///< Releases it.
};
/// Returns the API's word, e.g. "down".
[[nodiscard]] std::string_view to_string(ClickType type);

/// A point in pixels of the screenshot, from its upper left corner.
struct MousePoint {
  std::int64_t x = 0, y = 0;
};

/// Clicks somewhere. `hold_keys` here and below: at most 8 keys that are held meanwhile, e.g. "ctrl".
struct MouseClick {
  std::int64_t x = 0, y = 0;
  MouseButton button = MouseButton::left;
  ClickType type = ClickType::click;
  std::int64_t count = 1;  ///< Clicks in a row, 1–100: 2 is a double click.
  std::vector<std::string> hold_keys;
};

/// Moves the mouse.
struct MouseMove {
  std::int64_t x = 0, y = 0;
  std::optional<bool> smooth;               ///< On a slight curve, slow at its ends. Absent: true.
  std::optional<std::int64_t> duration_ms;  ///< 50–5000, if smooth. Absent: as the distance suggests.
  std::vector<std::string> hold_keys;
};

/// Drags from the path's first point over the others to its last.
struct MouseDrag {
  std::vector<MousePoint> path;                   ///< 2–1000 points.
  MouseButton button = MouseButton::left;         ///< left, middle or right.
  std::optional<bool> smooth;                     ///< As a hand moves. Absent: true.
  std::optional<std::int64_t> delay_ms;           ///< Between pressing and moving, 0–60000. Absent: 0.
  std::optional<std::int64_t> duration_ms;        ///< 50–10000, if smooth. Absent: as the path suggests.
  std::optional<std::int64_t> steps_per_segment;  ///< 1–1000, if not smooth. Absent: 10.
  std::optional<std::int64_t> step_delay_ms;      ///< 0–60000, if not smooth. Absent: 50.
  std::vector<std::string> hold_keys;
};

/// Turns the wheel. One of the two is not 0.
struct MouseScroll {
  std::int64_t x = 0, y = 0;  ///< Where the mouse is meanwhile.
  std::int64_t delta_x = 0;   ///< Ticks to the right, −1000–1000.
  std::int64_t delta_y = 0;   ///< Ticks down, −1000–1000.
  std::vector<std::string> hold_keys;
};

/// Types text key by key.
struct TypedText {
  std::string text;                      ///< UTF-8, at most 100,000 bytes.
  std::optional<std::int64_t> delay_ms;  ///< Between two keys, 0–60000. Absent: 0.
  std::optional<bool> smooth;            ///< Pauses as a hand makes them. Absent: false.
  std::optional<double> typo_chance;     ///< Of a letter that is mistyped and corrected, 0–0.1. Absent: 0.
};

/// Presses keys, one after the other.
struct KeyPress {
  std::vector<std::string> keys;            ///< 1–100 keys or combinations: "Return", "Ctrl+a", "é".
  std::optional<std::int64_t> duration_ms;  ///< How long each is down, 0–60000. Absent: 0.
  std::vector<std::string> hold_keys;
};

/// Shows or hides the mouse's picture.
struct MouseCursor {
  bool hidden = false;
};

/// Waits between the actions of a batch.
struct ComputerPause {
  std::int64_t duration_ms = 0;  ///< 0–30000.
};

/// One step of a batch.
using ComputerAction = std::variant<MouseClick, MouseMove, MouseDrag, MouseScroll, TypedText, KeyPress,
                                    MouseCursor, ComputerPause>;

/// A part of the screen, in its pixels.
struct ScreenRegion {
  std::int64_t x = 0, y = 0, width = 0, height = 0;
};

/// A picture of the screen.
struct Screenshot {
  std::string png;                     ///< The bytes of a PNG file.
  std::int64_t width = 0, height = 0;  ///< In pixels, as the PNG says.
};

/// Mouse, keyboard, screen and clipboard of a browser (wire-api §8; docs/computer.md):
/// `client.browsers().computer()`. Like the client that made it, thread-safe and cheap to copy. Calls go
/// straight to the VM where a route is known, and never fall back; a gone browser is `not_found` with the
/// code `browser_gone`.
///
/// One call at a time has mouse and keyboard, in the order in which they came. Errors: `invalid` for what is
/// outside of the screen or of a bound, or names no key; `conflict` (`dialog_open`) while a JavaScript dialog
/// is open, but for the keys that answer it; `overloaded` (`rate_limited`) when 32 calls wait, or one has
/// waited for two minutes; `disconnected` (503) while Chromium restarts. A call that may have begun is never
/// sent again: its input would come twice. A client that goes away ends its call, so one whose `timeout` is
/// absent waits at least 15 s longer than what it asks for takes. Held keys are released however a call ends.
class Computer {
 public:
  explicit Computer(std::shared_ptr<ClientCore> core) : core_(std::move(core)) {}

  /// Clicks, presses or releases a button of the mouse.
  Result<RouteInfo> click(const std::string& id_or_name, const MouseClick& click,
                          CallOptions call = {}) const;
  /// Moves the mouse.
  Result<RouteInfo> move(const std::string& id_or_name, const MouseMove& move, CallOptions call = {}) const;
  /// Drags something along a path.
  Result<RouteInfo> drag(const std::string& id_or_name, const MouseDrag& drag, CallOptions call = {}) const;
  /// Turns the wheel of the mouse.
  Result<RouteInfo> scroll(const std::string& id_or_name, const MouseScroll& scroll,
                           CallOptions call = {}) const;
  /// Types text where the focus is.
  Result<RouteInfo> type(const std::string& id_or_name, const TypedText& text, CallOptions call = {}) const;
  /// Presses keys.
  Result<RouteInfo> press(const std::string& id_or_name, const KeyPress& keys, CallOptions call = {}) const;
  /// Shows or hides the mouse's picture, which a headless session never draws.
  Result<RouteInfo> set_cursor(const std::string& id_or_name, const MouseCursor& cursor,
                               CallOptions call = {}) const;
  /// Does 1–100 actions in order, without another call in between. The first that fails ends it.
  Result<RouteInfo> batch(const std::string& id_or_name, const std::vector<ComputerAction>& actions,
                          CallOptions call = {}) const;
  /// Tells where the mouse is.
  Result<Reached<MousePoint>> mouse_position(const std::string& id_or_name, CallOptions call = {}) const;

  /// Takes a picture of the screen, or of a part of it. It waits for no input. An answer that is no PNG is
  /// `bad_answer`, one beyond 192 MiB `answer_too_large`.
  Result<Reached<Screenshot>> screenshot(const std::string& id_or_name,
                                         std::optional<ScreenRegion> region = {},
                                         CallOptions call = {}) const;
  /// Reads the clipboard's text; "" if it has none.
  Result<std::string> read_clipboard(const std::string& id_or_name, CallOptions call = {}) const;
  /// Puts text into the clipboard, at most 4 MiB.
  Result<RouteInfo> write_clipboard(const std::string& id_or_name, const std::string& text,
                                    CallOptions call = {}) const;

 private:
  Result<RouteInfo> act(const std::string& id_or_name, const char* name, const std::string& body,
                        std::int64_t milliseconds, CallOptions call) const;
  std::shared_ptr<ClientCore> core_;
};

}  // namespace wye
