#pragma once

#include <cstdint>
#include <string>

#include "wye/result.h"

namespace wye::cli {

/// Parses a whole number of bytes with an optional unit, powers of 1000 or of 1024, in any case: `500MB`,
/// `20GiB`, `4096`.
[[nodiscard]] Result<std::int64_t> parse_byte_size(const std::string& text);

}  // namespace wye::cli
