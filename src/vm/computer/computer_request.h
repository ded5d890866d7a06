#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "vm/computer/computer_backend.h"
#include "vm/computer/keysym.h"

// Reads the bodies of the calls about mouse, keyboard, screen and clipboard, and says what is wrong with
// them. Pure.
namespace wye::vm {

using Milliseconds = std::chrono::milliseconds;

struct ClickAction {
  ScreenPoint at;
  MouseButton button = MouseButton::left;
  bool presses = true, releases = true;
  int clicks = 1;
};
struct MoveAction {
  ScreenPoint to;
  bool smooth = true;
  std::optional<Milliseconds> duration;  ///< Nothing: as long as the way suggests.
};
struct DragAction {
  std::vector<ScreenPoint> path;
  MouseButton button = MouseButton::left;
  bool smooth = true;
  Milliseconds delay{0};  ///< Between the button and the first move.
  std::optional<Milliseconds> duration;
  int steps = 10;  ///< A segment, when it is not smooth.
  Milliseconds step_delay{50};
};
struct ScrollAction {
  ScreenPoint at;
  int right = 0, down = 0;
};
struct TypeAction {
  std::u32string text;
  Milliseconds delay{0};
  bool smooth = false;
  double typo_chance = 0;
};
struct PressAction {
  std::vector<std::vector<Key>> keys;  ///< Combinations.
  Milliseconds duration{0};            ///< 0: tapped, one after the other; otherwise held together.
};
struct CursorAction {
  bool hidden = false;
};
struct SleepAction {
  Milliseconds duration{0};
};

struct ComputerAction {
  std::variant<ClickAction, MoveAction, DragAction, ScrollAction, TypeAction, PressAction, CursorAction,
               SleepAction>
      what;
  std::vector<Key> held;  ///< Held while it is done.
};

struct Region {
  int x = 0, y = 0, width = 0, height = 0;
};

inline constexpr std::size_t kMostActions = 100;
inline constexpr std::size_t kMostPoints = 1'000;
inline constexpr std::size_t kMostKeys = 100;
inline constexpr std::size_t kMostHeld = 8;
inline constexpr std::size_t kLongestText = 100'000;                ///< Bytes that are typed.
inline constexpr std::size_t kLongestClipboard = 4u * 1024 * 1024;  ///< Bytes.
inline constexpr std::int64_t kMostTicks = 1'000;
inline constexpr std::int64_t kLongestPause = 60'000;  ///< Milliseconds of a `delay` or `duration`.

[[nodiscard]] Result<ComputerAction> read_click(std::string_view body);
[[nodiscard]] Result<ComputerAction> read_move(std::string_view body);
[[nodiscard]] Result<ComputerAction> read_drag(std::string_view body);
[[nodiscard]] Result<ComputerAction> read_scroll(std::string_view body);
[[nodiscard]] Result<ComputerAction> read_type(std::string_view body);
[[nodiscard]] Result<ComputerAction> read_press(std::string_view body);
[[nodiscard]] Result<ComputerAction> read_cursor(std::string_view body);
/// An error names the action's index.
[[nodiscard]] Result<std::vector<ComputerAction>> read_batch(std::string_view body);
[[nodiscard]] Result<std::optional<Region>> read_screenshot(std::string_view body);
[[nodiscard]] Result<std::string> read_clipboard_text(std::string_view body);
/// Checks the body of a call that needs none: a JSON object, or nothing.
[[nodiscard]] Result<void> read_nothing(std::string_view body);

}  // namespace wye::vm
