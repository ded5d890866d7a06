#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "routing/allow_list.h"
#include "routing/browser_path.h"
#include "routing/route_cache.h"
#include "routing/url.h"
#include "wye/route.h"

namespace wye::routing {

struct Decision {
  Via via = Via::control_plane;
  RouteReason reason = RouteReason::none;
  std::shared_ptr<const Route> route;  ///< Set for `direct`.
  BrowserPath path;                    ///< Set where the request names a browser's subresource.
};

/// Says where a request goes (routing-contract §2). No I/O; `url` must outlive the answer.
[[nodiscard]] Decision decide(const BaseUrl& base, const SplitUrl& url, const AllowList& allow,
                              RouteCache& cache);

}  // namespace wye::routing
