#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "wye/result.h"

namespace wye {

/// RFC 3339 in UTC with milliseconds, e.g. `2026-10-01T09:30:00.125Z`.
[[nodiscard]] std::string rfc3339(std::int64_t unix_micros);

/// Microseconds since the epoch from any RFC 3339 date-time (offsets and fractions allowed); `invalid`
/// otherwise.
[[nodiscard]] Result<std::int64_t> parse_rfc3339(std::string_view text);

/// Microseconds from a duration as Go writes it (`5m`, `1.5s`, `1h30m`, `250ms`); `invalid` otherwise.
[[nodiscard]] Result<std::int64_t> parse_duration(std::string_view text);

}  // namespace wye
