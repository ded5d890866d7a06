#include "base/redact.h"

#include "base/encoding.h"

namespace wye {
namespace {

constexpr std::string_view kMask = "[redacted]";

bool is_token_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
         c == '.' || c == '~' || c == '+' || c == '/' || c == '=' || c == '%';
}

bool starts_with_nocase(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && iequals(text.substr(0, prefix.size()), prefix);
}

// Returns how many characters of `text` to keep before the secret that starts there; npos when none does.
std::size_t secret_prefix(std::string_view text, bool at_word_start) {
  if (starts_with_nocase(text, "jwt=")) return 4;
  if (starts_with_nocase(text, "jwt%3d")) return 6;
  if (starts_with_nocase(text, "bearer ")) return 7;
  if (at_word_start && (text.starts_with("sk_") || text.starts_with("eyJ"))) return 0;
  return std::string_view::npos;
}

}  // namespace

std::string redact(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const bool at_word_start =
        i == 0 || !((text[i - 1] >= 'a' && text[i - 1] <= 'z') ||
                    (text[i - 1] >= 'A' && text[i - 1] <= 'Z') || (text[i - 1] >= '0' && text[i - 1] <= '9'));
    const auto keep = secret_prefix(text.substr(i), at_word_start);
    if (keep == std::string_view::npos) {
      out += text[i++];
      continue;
    }
    out += text.substr(i, keep);
    i += keep;
    const auto first = i;
    while (i < text.size() && is_token_char(text[i])) ++i;
    if (i > first) out += kMask;
  }
  return out;
}

}  // namespace wye
