#pragma once

#include <cstdint>
#include <string>

#include "wye/result.h"

namespace wye::cli {

/// `500MB`, `20GiB`, `4096`: a whole number of bytes with a unit of powers of 1000 or of 1024, without regard
/// to case.
[[nodiscard]] Result<std::int64_t> parse_byte_size(const std::string& text);

}  // namespace wye::cli
