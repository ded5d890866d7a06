#include "base/encoding.h"

#include <array>
#include <cstdint>
#include <cstring>

namespace wye {
namespace {

constexpr std::string_view kStandard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrl = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string encode64(std::string_view bytes, std::string_view alphabet, bool pad) {
  std::string out((bytes.size() + 2) / 3 * 4, '=');
  const auto at = [&](std::size_t i) {
    return static_cast<std::uint32_t>(static_cast<std::uint8_t>(bytes[i]));
  };
  std::size_t in = 0, end = 0;
  for (; in + 3 <= bytes.size(); in += 3, end += 4) {
    const std::uint32_t three = at(in) << 16 | at(in + 1) << 8 | at(in + 2);
    out[end] = alphabet[three >> 18];
    out[end + 1] = alphabet[three >> 12 & 63];
    out[end + 2] = alphabet[three >> 6 & 63];
    out[end + 3] = alphabet[three & 63];
  }
  if (const auto left = bytes.size() - in; left > 0) {
    const std::uint32_t last = at(in) << 16 | (left == 2 ? at(in + 1) << 8 : 0);
    out[end++] = alphabet[last >> 18];
    out[end++] = alphabet[last >> 12 & 63];
    if (left == 2) out[end++] = alphabet[last >> 6 & 63];
    if (!pad) out.resize(end);
  }
  return out;
}

constexpr std::array<std::int8_t, 256> reverse(std::string_view alphabet) {
  std::array<std::int8_t, 256> table{};
  for (auto& entry : table) entry = -1;
  for (std::size_t i = 0; i < alphabet.size(); ++i)
    table[static_cast<std::uint8_t>(alphabet[i])] = static_cast<std::int8_t>(i);
  return table;
}

constexpr auto kFromStandard = reverse(kStandard);
constexpr auto kFromUrl = reverse(kUrl);

std::optional<std::string> decode64(std::string_view text, const std::array<std::int8_t, 256>& table) {
  if (text.size() % 4 == 1) return std::nullopt;
  std::string out(text.size() * 3 / 4, '\0');
  const auto at = [&](std::size_t i) {
    return static_cast<std::int32_t>(table[static_cast<std::uint8_t>(text[i])]);
  };
  std::size_t in = 0, end = 0;
  for (; in + 4 <= text.size(); in += 4, end += 3) {
    // A character that is no digit is negative, and then so is the whole.
    const std::int32_t four = at(in) << 18 | at(in + 1) << 12 | at(in + 2) << 6 | at(in + 3);
    if (four < 0) return std::nullopt;
    out[end] = static_cast<char>(four >> 16);
    out[end + 1] = static_cast<char>(four >> 8);
    out[end + 2] = static_cast<char>(four);
  }
  if (const auto left = text.size() - in; left > 0) {
    const std::int32_t last = at(in) << 12 | at(in + 1) << 6 | (left == 3 ? at(in + 2) : 0);
    // A value has only one text, so the unused bits must be 0.
    if (last < 0 || (last & (left == 3 ? 3 : 0x3ff)) != 0) return std::nullopt;
    out[end++] = static_cast<char>(last >> 10);
    if (left == 3) out[end++] = static_cast<char>(last >> 2);
  }
  return out;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

constexpr std::string_view kHexDigits = "0123456789abcdef";

// Returns the end of the run of ASCII that begins at `at`; eight bytes at a time.
std::size_t ascii_end(std::string_view text, std::size_t at) {
  for (std::uint64_t eight = 0; at + sizeof eight <= text.size(); at += sizeof eight) {
    std::memcpy(&eight, text.data() + at, sizeof eight);
    if ((eight & 0x8080808080808080) != 0) break;
  }
  while (at < text.size() && static_cast<std::uint8_t>(text[at]) < 0x80) ++at;
  return at;
}

struct Piece {
  std::size_t size;
  bool is_whole;  // a character; otherwise bytes that a decoder replaces with one U+FFFD
};

// Reads at a byte that is not ASCII.
Piece piece_at(std::string_view text, std::size_t at) {
  const auto lead = static_cast<std::uint8_t>(text[at]);
  if (lead < 0xc2 || lead > 0xf4) return {1, false};
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  for (std::size_t k = 1; k < length; ++k) {
    const auto byte = at + k < text.size() ? static_cast<std::uint8_t>(text[at + k]) : std::uint8_t(0);
    const bool second = k == 1;
    const auto low = second && lead == 0xe0 ? 0xa0 : second && lead == 0xf0 ? 0x90 : 0x80;
    const auto high = second && lead == 0xed ? 0x9f : second && lead == 0xf4 ? 0x8f : 0xbf;
    if (byte < low || byte > high) return {k, false};
  }
  return {length, true};
}

}  // namespace

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    out += kHexDigits[static_cast<std::uint8_t>(c) >> 4];
    out += kHexDigits[static_cast<std::uint8_t>(c) & 15];
  }
  return out;
}

std::string base64(std::string_view bytes) { return encode64(bytes, kStandard, true); }
std::string base64url(std::string_view bytes) { return encode64(bytes, kUrl, false); }
std::optional<std::string> base64url_decode(std::string_view text) { return decode64(text, kFromUrl); }

std::optional<std::string> base64_decode(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  if (text.ends_with('=')) text.remove_suffix(1);
  if (text.ends_with('=')) text.remove_suffix(1);
  return decode64(text, kFromStandard);
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex_digit(text[i + 1]), low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high << 4 | low);
    i += 2;
  }
  return out;
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view kUpper = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<std::uint8_t>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      out += c;
    } else {
      out += '%';
      out += kUpper[byte >> 4];
      out += kUpper[byte & 15];
    }
  }
  return out;
}

bool is_utf8(std::string_view text) {
  for (std::size_t at = ascii_end(text, 0); at < text.size(); at = ascii_end(text, at)) {
    const auto next = piece_at(text, at);
    if (!next.is_whole) return false;
    at += next.size;
  }
  return true;
}

std::string utf8_decode(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  for (std::size_t at = 0; at < bytes.size();) {
    const auto end = ascii_end(bytes, at);
    out.append(bytes, at, end - at);
    if ((at = end) == bytes.size()) break;
    const auto next = piece_at(bytes, at);
    if (next.is_whole)
      out.append(bytes, at, next.size);
    else
      out += "\xEF\xBF\xBD";
    at += next.size;
  }
  return out;
}

std::string ascii_lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

bool iequals(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

}  // namespace wye
