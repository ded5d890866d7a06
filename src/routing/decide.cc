#include "routing/decide.h"

#include "base/encoding.h"

namespace wye::routing {

Decision decide(const BaseUrl& base, const SplitUrl& url, const AllowList& allow, RouteCache& cache) {
  if (url.origin != base.origin) return {.via = Via::elsewhere, .reason = RouteReason::not_control_plane};
  const auto below = path_below(base, url);
  const auto path = below ? browser_path(*below) : std::nullopt;
  if (!path) return {.reason = RouteReason::not_a_browser_path};
  if (!allow.covers(path->plain_tail())) return {.reason = RouteReason::not_allowed, .path = *path};
  std::shared_ptr<const Route> route;
  if (path->id.find('%') == std::string_view::npos) {
    route = cache.find(path->id);
  } else if (const auto id = percent_decode(path->id)) {
    route = cache.find(*id);
  }
  if (!route) return {.reason = RouteReason::no_route, .path = *path};
  return {.via = Via::direct, .reason = RouteReason::direct, .route = std::move(route), .path = *path};
}

}  // namespace wye::routing
