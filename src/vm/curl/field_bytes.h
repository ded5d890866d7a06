#pragma once

#include <string>
#include <string_view>

// Header fields are bytes on the wire and text in DevTools and in JSON. Pure.
namespace wye::vm {

/// Returns the bytes of a field that DevTools shows as text. `responseReceived` decodes each byte as Latin-1,
/// `responseReceivedExtraInfo` as windows-1252; this undoes both. Characters that neither produces stay
/// UTF-8.
[[nodiscard]] std::string field_bytes(std::string_view devtools_text);

/// Writes a field's bytes as text for JSON: UTF-8 if they are UTF-8, otherwise each byte as the character of
/// its number (Latin-1).
[[nodiscard]] std::string field_text(std::string_view bytes);

/// Writes each byte as the character of its number, whatever the bytes are.
[[nodiscard]] std::string latin1_text(std::string_view bytes);

}  // namespace wye::vm
