#pragma once

#include <string>
#include <string_view>

namespace wye::cli {

/// Deflated (zlib's format) and in base64, as the page's `unpack()` reads it.
[[nodiscard]] std::string pack(std::string_view text);

/// JSON text that an HTML script element can hold: `<` is written as an escape.
[[nodiscard]] std::string script_safe(std::string_view json);

}  // namespace wye::cli
