#include "vm/computer/keysym.h"

#include <algorithm>
#include <charconv>

#include "base/encoding.h"
#include "base/try.h"
#include "vm/computer/key_table.h"

namespace wye::vm {
namespace {

constexpr std::uint32_t kUnicodeKeysyms = 0x0100'0000;  // X's numbers of characters beyond Latin-1
constexpr char32_t kLastCharacter = 0x10'ffff;
constexpr std::size_t kMostHexDigits = 8;
constexpr std::size_t kLongestShown = 40;

Error unknown_key(std::string_view name) {
  return {.kind = ErrorKind::invalid,
          .code = "bad_request",
          .message = "unknown key: " + utf8_decode(name.substr(0, kLongestShown))};
}

bool is_character(char32_t c) {
  const bool surrogate = c >= 0xd800 && c <= 0xdfff;
  return c >= 0x20 && c != 0x7f && !(c >= 0x80 && c < 0xa0) && !surrogate && c <= kLastCharacter;
}

std::optional<std::uint32_t> hex_number(std::string_view digits) {
  std::uint32_t out = 0;
  if (digits.empty() || digits.size() > kMostHexDigits) return std::nullopt;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out, 16);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return out;
}

Key made(const NamedKey& row) {
  return {.keysym = row.keysym,
          .key = std::string(row.key),
          .code = std::string(row.code),
          .windows_code = row.windows_code,
          .location = row.location,
          .modifier = row.modifier,
          .text = std::string(row.text)};
}

const NamedKey* named(std::string_view name, bool any_case) {
  const auto all = named_keys();
  const auto at = std::find_if(all.begin(), all.end(), [&](const NamedKey& row) {
    return any_case ? iequals(row.name, name) : row.name == name;
  });
  return at == all.end() ? nullptr : &*at;
}

std::optional<char32_t> character_named(std::string_view name, bool any_case) {
  for (const auto& row : character_names())
    if (any_case ? iequals(row.name, name) : row.name == name) return row.character;
  return std::nullopt;
}

// A keysym's number: of a named key, or of a character.
std::optional<Key> key_numbered(std::uint32_t number) {
  for (const auto& row : named_keys())
    if (row.keysym == number) return made(row);
  const char32_t character = number >= kUnicodeKeysyms ? number - kUnicodeKeysyms : number;
  if (number > 0xff && number < kUnicodeKeysyms) return std::nullopt;
  if (!is_character(character)) return std::nullopt;
  return key_of(character);
}

// `U20AC`: X wants capital letters, xdotool takes small ones, too.
std::optional<Key> unicode_key(std::string_view name) {
  if (name.size() < 3 || (name[0] != 'U' && name[0] != 'u')) return std::nullopt;
  if (name[1] == '+') name.remove_prefix(1);
  const auto number = hex_number(name.substr(1));
  if (!number || !is_character(*number)) return std::nullopt;
  return key_of(*number);
}

}  // namespace

std::string utf8_of(char32_t c) {
  std::string out;
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xc0 | (c >> 6));
    out += static_cast<char>(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xe0 | (c >> 12));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3f));
    out += static_cast<char>(0x80 | (c & 0x3f));
  } else {
    out += static_cast<char>(0xf0 | (c >> 18));
    out += static_cast<char>(0x80 | ((c >> 12) & 0x3f));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3f));
    out += static_cast<char>(0x80 | (c & 0x3f));
  }
  return out;
}

std::u32string characters_of(std::string_view text) {
  std::u32string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto first = static_cast<unsigned char>(text[at++]);
    const int more = first < 0x80 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    char32_t c = more == 0 ? first : first & (0x3f >> more);
    for (int i = 0; i < more && at < text.size(); ++i)
      c = (c << 6) | (static_cast<unsigned char>(text[at++]) & 0x3f);
    out += c;
  }
  return out;
}

Key key_of(char32_t c) {
  if (c == U'\n' || c == U'\r') return made(*named("Return", false));
  if (c == U'\t') return made(*named("Tab", false));
  if (c == U'\b') return made(*named("BackSpace", false));
  Key out{.keysym = c < 0x100 ? static_cast<std::uint32_t>(c) : kUnicodeKeysyms + c, .key = utf8_of(c)};
  out.text = out.key;
  for (const auto& row : character_keys()) {
    if (row.plain != c && row.shifted != c) continue;
    out.code = row.code;
    out.windows_code = row.windows_code;
    out.shifted = row.plain != c;
    break;
  }
  return out;
}

Key with_shift(const Key& key) {
  for (const auto& row : character_keys())
    if (key.location == 0 && !key.shifted && row.code == key.code && row.plain != row.shifted)
      return key_of(row.shifted);
  return key;
}

std::optional<Key> find_key(std::string_view name) {
  if (name.empty() || !is_utf8(name)) return std::nullopt;
  if (const auto one = characters_of(name); one.size() == 1)
    return is_character(one[0]) ? std::optional(key_of(one[0])) : std::nullopt;
  for (const bool any_case : {false, true}) {
    if (const auto* row = named(name, any_case)) return made(*row);
    if (const auto character = character_named(name, any_case)) return key_of(*character);
  }
  if (name.starts_with("0x")) {
    const auto number = hex_number(name.substr(2));
    return number ? key_numbered(*number) : std::nullopt;
  }
  return unicode_key(name);
}

Result<std::vector<Key>> read_combination(std::string_view text) {
  std::vector<Key> out;
  auto rest = text;
  while (true) {
    // The last + of `Ctrl++` is the key itself.
    const auto plus = rest.starts_with('+') ? std::string_view::npos : rest.find('+');
    const auto name = rest.substr(0, plus);
    const auto key = find_key(name);
    if (!key) return unknown_key(name.empty() ? text : name);
    out.push_back(*key);
    if (out.size() > kMostKeysTogether)
      return Error{.kind = ErrorKind::invalid,
                   .code = "bad_request",
                   .message = "more than 8 keys are pressed together"};
    if (plus == std::string_view::npos) return out;
    rest.remove_prefix(plus + 1);
  }
}

}  // namespace wye::vm
