#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "routing/allow_list.h"
#include "routing/browser_path.h"
#include "routing/route_cache.h"
#include "routing/url.h"

namespace wye::routing {

enum class Way { direct, control_plane, elsewhere };

struct Decision {
  Way way = Way::control_plane;
  std::string_view reason;             ///< The word of the contract's table.
  std::shared_ptr<const Route> route;  ///< Set for `direct`.
  BrowserPath path;                    ///< Set where the request names a browser's subresource.
};

/// Says where a request goes (routing-contract §2). No I/O; `url` must outlive the answer.
[[nodiscard]] Decision decide(const BaseUrl& base, const SplitUrl& url, const AllowList& allow,
                              RouteCache& cache);

}  // namespace wye::routing
