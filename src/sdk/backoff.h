#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/random.h"
#include "wye/http.h"

namespace wye::sdk {

/// Returns the pause that the server asks for: `retry-after-ms`, else `Retry-After` in seconds or as a date
/// (RFC 9110 §5.6.7, all three forms). It is at most a day, and never negative: a date that has passed asks
/// for no pause. Returns nothing for what is neither a number nor a date.
[[nodiscard]] std::optional<std::chrono::milliseconds> asked_pause(const HeaderFields& headers,
                                                                   std::int64_t unix_micros);

/// Returns the pause before retry number `retry` (0 = the first): 0.5 s, doubling to 8 s, less up to a
/// quarter at random, so that many clients do not come back at once.
[[nodiscard]] std::chrono::milliseconds backoff(int retry, Random& random);

}  // namespace wye::sdk
