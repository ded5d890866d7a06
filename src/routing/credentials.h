#pragma once

#include <string>

#include "routing/route_cache.h"
#include "routing/url.h"
#include "wye/http.h"

namespace wye::routing {

/// Decides which URLs may get the API key: those at or below the base URL's path, but none at or below a
/// known route's `base_url` (routing-contract §2). Resolves dot segments and encoded slashes first.
class ApiKeyHolder {
 public:
  /// The cache must outlive the holder.
  ApiKeyHolder(BaseUrl base, std::string api_key, const RouteCache& cache);

  [[nodiscard]] bool may_see(const SplitUrl& url) const;
  /// Where `may_see` allows it, sets `Authorization`: the request's own, otherwise the key. Elsewhere, no
  /// field holds the key.
  void attach(const SplitUrl& url, HeaderFields& headers) const;
  /// Removes the key from every field, for origins other than the control plane's.
  void strip(HeaderFields& headers) const;

 private:
  const BaseUrl base_, resolved_base_;
  const std::string api_key_;
  const RouteCache& cache_;
};

/// Returns all headers but `Authorization` and `Host`: those that a VM may see.
[[nodiscard]] HeaderFields for_the_vm(const HeaderFields& headers);
/// Returns all headers but `Host`.
[[nodiscard]] HeaderFields without_host(const HeaderFields& headers);

}  // namespace wye::routing
