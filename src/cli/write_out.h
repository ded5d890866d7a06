#pragma once

#include <cstdio>
#include <string_view>

#include "wye/result.h"

namespace wye::cli {

/// Writes the bytes to standard output or standard error at once. A failed write is `output_failed`.
[[nodiscard]] Result<void> write_out(std::string_view bytes, std::FILE* to = stdout);

}  // namespace wye::cli
