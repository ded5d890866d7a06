#pragma once

#include <string>
#include <string_view>

// Header fields are bytes on the wire and text in DevTools and in JSON. Pure.
namespace wye::vm {

/// The bytes behind a field as DevTools shows it. `responseReceived` decodes each byte as Latin-1,
/// `responseReceivedExtraInfo` as windows-1252; both are undone. Characters that neither makes stay UTF-8.
[[nodiscard]] std::string field_bytes(std::string_view devtools_text);

/// A field's bytes as JSON text: UTF-8 where they are that, otherwise each byte as the character of its
/// number (Latin-1).
[[nodiscard]] std::string field_text(std::string_view bytes);

/// Each byte as the character of its number, whatever the bytes are.
[[nodiscard]] std::string latin1_text(std::string_view bytes);

}  // namespace wye::vm
