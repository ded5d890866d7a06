#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace wye {

[[nodiscard]] std::string hex(std::string_view bytes);
/// RFC 4648 §4, with padding.
[[nodiscard]] std::string base64(std::string_view bytes);
[[nodiscard]] std::optional<std::string> base64_decode(std::string_view text);
/// RFC 4648 §5, without padding, as JWTs use it.
[[nodiscard]] std::string base64url(std::string_view bytes);
[[nodiscard]] std::optional<std::string> base64url_decode(std::string_view text);

/// Percent-decodes one path segment or query value; `+` stays `+`. Returns nothing when a `%` is not followed
/// by two hex digits.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);
/// Encodes all but RFC 3986's unreserved characters.
[[nodiscard]] std::string percent_encode(std::string_view text);

/// Strict UTF-8 (no surrogates, no overlong forms).
[[nodiscard]] bool is_utf8(std::string_view text);
/// Returns the bytes as UTF-8; invalid bytes become U+FFFD, as browsers decode them (WHATWG Encoding).
[[nodiscard]] std::string utf8_decode(std::string_view bytes);
[[nodiscard]] std::string ascii_lower(std::string_view text);
[[nodiscard]] bool iequals(std::string_view a, std::string_view b);

}  // namespace wye
