#pragma once

#include <cstdint>
#include <string>

#include "net/exchange.h"
#include "vm/computer/keysym.h"

namespace wye::vm {

struct ScreenPoint {
  int x = 0, y = 0;
  friend bool operator==(const ScreenPoint&, const ScreenPoint&) = default;
};

struct ScreenSize {
  int width = 0, height = 0;
  [[nodiscard]] bool holds(ScreenPoint point) const {
    return point.x >= 0 && point.y >= 0 && point.x < width && point.y < height;
  }
};

enum class MouseButton : std::uint8_t { left, middle, right, back, forward };

/// Mouse, keyboard, screen and clipboard of one session, as single events. What a call makes of them (paths,
/// pauses, held keys, one caller at a time) is above it and the same for every display. The callers take
/// turns, except for pictures. An event that has been taken is answered: nobody waits for a page that does
/// not react. One io_context.
class ComputerBackend {
 public:
  virtual ~ComputerBackend() = default;

  /// Finds out what the events of a call go to; `disconnected` (503) while the browser starts.
  virtual net::Task<Result<void>> begin() = 0;
  /// Returns the size of the screen, as it was lately or as it is.
  virtual net::Task<Result<ScreenSize>> screen_size(bool as_it_is) = 0;

  [[nodiscard]] virtual ScreenPoint mouse() const = 0;
  virtual net::Task<Result<void>> move_mouse(ScreenPoint to) = 0;
  /// Presses or releases a button where the mouse is. `count`: 2 for the second click of a double click.
  virtual net::Task<Result<void>> press_button(MouseButton button, bool down, int count) = 0;
  /// Turns the wheel by ticks; positive is down and right. One of the two is 0.
  virtual net::Task<Result<void>> turn_wheel(int right, int down) = 0;

  /// Presses or releases a key. `conflict` (`dialog_open`) and `unsupported` say what the display cannot do.
  virtual net::Task<Result<void>> press_key(Key key, bool down) = 0;
  /// Types characters one after the other, each with the key that it has.
  virtual net::Task<Result<void>> type(std::u32string characters) = 0;

  /// Shows or hides the mouse's picture.
  virtual void show_mouse(bool shown) = 0;

  /// Returns a PNG of the whole screen.
  virtual net::Task<Result<std::string>> picture() = 0;

  virtual net::Task<Result<std::string>> read_clipboard() = 0;
  virtual net::Task<Result<void>> write_clipboard(std::string text) = 0;
};

}  // namespace wye::vm
