#pragma once

#include <cstddef>
#include <string_view>

namespace wye::routing {

/// Bytes of a 404's body that are read; a larger one is never a fallback.
inline constexpr std::size_t kMaxGoneBody = 64 * 1024;

/// Whether the exact tail (no slashes around it) may be answered by the control plane when its browser is
/// gone. Off unless registered; today `telemetry/events`.
[[nodiscard]] bool is_fallback_eligible(std::string_view tail);

/// Whether an answer to a direct request is one whose body must be looked at: a 404 to a GET of a registered
/// tail.
[[nodiscard]] bool may_fall_back(std::string_view method, std::string_view tail, int status);

/// Whether a whole body is a JSON object whose `code` is the string `browser_gone`. Strict RFC 8259, whatever
/// Content-Type says.
[[nodiscard]] bool says_browser_gone(std::string_view body);

}  // namespace wye::routing
