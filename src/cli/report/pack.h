#pragma once

#include <string>
#include <string_view>

namespace wye::cli {

/// Deflates (zlib's format) and encodes as base64; the page's `unpack()` reads it.
[[nodiscard]] std::string pack(std::string_view text);

/// Writes JSON that an HTML script element can hold: `<` becomes an escape.
[[nodiscard]] std::string script_safe(std::string_view json);

}  // namespace wye::cli
