#pragma once

#include <string>

#include "cli/arguments.h"
#include "wye/http.h"

namespace wye::cli {

/// What `-d` gives: the text itself, `@FILE`'s bytes, or with `@-` those of standard input, all of them as
/// they are.
[[nodiscard]] Result<std::string> read_data(const std::string& text);
/// Each `-H 'Name: value'`, in order, also one that is given again.
[[nodiscard]] Result<HeaderFields> read_header_options(const Arguments& arguments);

/// The body's bytes on standard output as they are and as they come. An error also when they cannot be
/// written.
[[nodiscard]] Result<void> print_body(ResponseStream& answer);

}  // namespace wye::cli
