#pragma once

#include <cstdint>
#include <span>
#include <string_view>

// The tables behind keysym.h.
namespace wye::vm {

/// A key that types no character.
struct NamedKey {
  std::string_view name;  ///< The keysym's, or a short one.
  std::uint32_t keysym;
  std::string_view key, code;
  int windows_code;
  int location = 0;
  int modifier = 0;
  std::string_view text = {};  ///< For keys whose name is no character and that type one.
};

/// A key of the US keyboard that types characters.
struct CharacterKey {
  char32_t plain, shifted;
  std::string_view code;
  int windows_code;
};

/// The name that X has for a character that it does not name by itself.
struct CharacterName {
  std::string_view name;
  char32_t character;
};

[[nodiscard]] std::span<const NamedKey> named_keys();
[[nodiscard]] std::span<const CharacterKey> character_keys();
[[nodiscard]] std::span<const CharacterName> character_names();

}  // namespace wye::vm
