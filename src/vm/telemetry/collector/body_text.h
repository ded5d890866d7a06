#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace wye::vm {

inline constexpr std::size_t kStructuredBody = 8192;  ///< JSON, XML, forms (wire-api §3).
inline constexpr std::size_t kOtherTextBody = 4096;
/// Chromium keeps bodies up to this size for us; larger ones it evicts whole.
inline constexpr std::size_t kMaxBufferedBody = 64 * 1024;

/// The number of bytes of such a body that an event holds; 0 = it is no text.
[[nodiscard]] std::size_t body_limit(std::string_view mime_type);

/// Makes an event's text from DevTools' body: decodes base64, makes it valid UTF-8, cuts it.
[[nodiscard]] std::string body_text(std::string_view body, bool is_base64, std::size_t limit);

}  // namespace wye::vm
