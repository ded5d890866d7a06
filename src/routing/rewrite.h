#pragma once

#include <string>
#include <string_view>

#include "routing/route_cache.h"
#include "wye/http.h"

namespace wye::routing {

/// `base_url` + `/` + tail, the query's pairs as they were without any `jwt`, then the route's, once, last
/// (routing contract §3).
[[nodiscard]] std::string direct_url(const Route& route, std::string_view tail, std::string_view query);
/// The query without any `jwt` pair.
[[nodiscard]] std::string without_jwt(std::string_view query);
/// All headers but `Authorization` and `Host`.
[[nodiscard]] HeaderFields without_authorization(const HeaderFields& headers);

}  // namespace wye::routing
