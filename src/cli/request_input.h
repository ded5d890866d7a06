#pragma once

#include <string>

#include "cli/arguments.h"
#include "wye/http.h"

namespace wye::cli {

/// Returns the body that `-d` names: the text itself, the bytes of `@FILE`, or with `@-` those of standard
/// input. Bytes stay unchanged.
[[nodiscard]] Result<std::string> read_data(const std::string& text);
/// Returns each `-H 'Name: value'` in order, repeated names included.
[[nodiscard]] Result<HeaderFields> read_header_options(const Arguments& arguments);

/// Writes the body to standard output while it arrives, unchanged. A failed write is an error too.
[[nodiscard]] Result<void> print_body(ResponseStream& answer);

}  // namespace wye::cli
