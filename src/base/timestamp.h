#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "wye/result.h"

namespace wye {

/// Writes RFC 3339 in UTC with milliseconds, e.g. `2026-10-01T09:30:00.125Z`.
[[nodiscard]] std::string rfc3339(std::int64_t unix_micros);

/// Reads any RFC 3339 date-time (offsets and fractions allowed) as microseconds since the epoch; `invalid`
/// otherwise.
[[nodiscard]] Result<std::int64_t> parse_rfc3339(std::string_view text);

/// Reads a duration as Go writes it (`5m`, `1.5s`, `1h30m`, `250ms`) as microseconds; `invalid` otherwise.
[[nodiscard]] Result<std::int64_t> parse_duration(std::string_view text);

}  // namespace wye
