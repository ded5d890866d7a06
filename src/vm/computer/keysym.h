#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wye/result.h"

// Keys as X names them, and what a browser reports about each. Pure.
namespace wye::vm {

/// Bits as DevTools has them.
enum Modifier : int { kAlt = 1, kControl = 2, kMeta = 4, kShift = 8 };

/// One key of a US keyboard, or a character that no key of it has.
struct Key {
  std::uint32_t keysym = 0;  ///< X's number.
  std::string key;           ///< `KeyboardEvent.key`; a character's is the character itself.
  std::string code;          ///< `KeyboardEvent.code`; "" for a character that no key has.
  int windows_code = 0;      ///< `KeyboardEvent.keyCode`
  int location = 0;          ///< 1 left, 2 right, 3 keypad
  int modifier = 0;          ///< Of a modifier key.
  bool shifted = false;      ///< The keyboard has it on the upper half of the key.
  std::string text;          ///< What it types by itself.

  friend bool operator==(const Key&, const Key&) = default;
};

inline constexpr std::size_t kMostKeysTogether = 8;

/// Finds a key by its keysym's name (`Return`, `Page_Up`, `eacute`, `U20AC`, `0xff0d`), by a short name that
/// xdotool or the DOM has for it (`ctrl`, `Enter`, `ArrowLeft`), or by the character itself.
[[nodiscard]] std::optional<Key> find_key(std::string_view name);
/// Returns the key that types this character; every character has one. A line break is Return, a tab Tab.
[[nodiscard]] Key key_of(char32_t character);
/// Returns what the key is with Shift held: `1` becomes `!`, on the same key.
[[nodiscard]] Key with_shift(const Key& key);
/// Reads `Ctrl+Shift+Tab`: the keys in the order in which they go down. `bad_request` names a key that is
/// unknown.
[[nodiscard]] Result<std::vector<Key>> read_combination(std::string_view text);

/// Splits valid UTF-8 into characters.
[[nodiscard]] std::u32string characters_of(std::string_view text);
[[nodiscard]] std::string utf8_of(char32_t character);

}  // namespace wye::vm
