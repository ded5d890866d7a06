#include "vm/curl/field_bytes.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/encoding.h"

namespace wye::vm {
namespace {

// The characters that windows-1252 has for 0x80 to 0x9f; 0 where it keeps the byte's own number.
constexpr std::array<std::uint16_t, 32> kWindows1252{
    0x20ac, 0,      0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017d, 0,      0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,      0x017e, 0x0178};

bool is_ascii(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return (c & 0x80) != 0; });
}

// Returns the length and the number of the first character of `text`, which is UTF-8.
std::size_t read_character(std::string_view text, std::uint32_t& number) {
  const auto lead = static_cast<std::uint8_t>(text[0]);
  const std::size_t size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  number = size == 1 ? lead : lead & (0x7fu >> size);
  for (std::size_t i = 1; i < size; ++i) number = number << 6 | (static_cast<std::uint8_t>(text[i]) & 0x3fu);
  return size;
}

}  // namespace

std::string field_bytes(std::string_view devtools_text) {
  if (is_ascii(devtools_text) || !is_utf8(devtools_text)) return std::string(devtools_text);
  std::string out;
  out.reserve(devtools_text.size());
  for (std::size_t at = 0; at < devtools_text.size();) {
    std::uint32_t number = 0;
    const auto size = read_character(devtools_text.substr(at), number);
    const auto* special = std::find(kWindows1252.begin(), kWindows1252.end(), number);
    if (number < 0x100)
      out += static_cast<char>(number);
    else if (special != kWindows1252.end())
      out += static_cast<char>(0x80 + (special - kWindows1252.begin()));
    else
      out += devtools_text.substr(at, size);
    at += size;
  }
  return out;
}

std::string latin1_text(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() + 8);
  for (const char c : bytes) {
    const auto byte = static_cast<std::uint8_t>(c);
    if (byte < 0x80) {
      out += c;
    } else {
      out += static_cast<char>(0xc0 | byte >> 6);
      out += static_cast<char>(0x80 | (byte & 0x3f));
    }
  }
  return out;
}

std::string field_text(std::string_view bytes) {
  return is_utf8(bytes) ? std::string(bytes) : latin1_text(bytes);
}

}  // namespace wye::vm
