#pragma once

#include <cstdint>
#include <string_view>

#include "routing/route_cache.h"

namespace wye::routing {

/// Tells whether routes are learned from this path below the base URL: `browsers`, `browsers/{x}`,
/// `browser_pools/{x}/acquire`.
[[nodiscard]] bool is_learning_path(std::string_view path_below_base);
/// Tells whether the type is `application/json` or a `+json` type.
[[nodiscard]] bool is_json_type(std::string_view content_type);

/// Learns the routes of a 2xx answer (routing-contract §1, 1–5): one browser, an array of them, or an object
/// whose direct members are either. Ignores a body that is not JSON.
void learn_from(std::string_view body, std::uint64_t begun, RouteCache& cache);

/// Returns the `exp` of a JWT, unverified; 0 when it cannot be read.
[[nodiscard]] std::int64_t jwt_expiry(std::string_view jwt);

}  // namespace wye::routing
