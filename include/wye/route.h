#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace wye {

/// A session whose VM is known, as the route cache has it; without its JWT.
struct KnownRoute {
  std::string session_id;
  std::string base_url;
  std::vector<std::string> names;  ///< Lower case; at most one.
  std::int64_t expires_at = 0;     ///< Seconds since the Unix epoch; 0 = not by time.
};

/// Whether the answer to a GET of this path of a browser may come from the control plane once the browser is
/// gone. `tail` is what follows `browsers/{id}/`, without slashes around it; today `telemetry/events` alone.
[[nodiscard]] bool is_fallback_eligible(std::string_view tail);

}  // namespace wye
