#pragma once

#include <string>

#include "routing/route_cache.h"
#include "routing/url.h"
#include "wye/http.h"

namespace wye::routing {

/// Decides who may see the API key: URLs at or below the base URL's path, and none at or below a known
/// route's `base_url` (routing-contract §2). Resolves dot segments and encoded slashes first.
class ApiKeyHolder {
 public:
  /// The cache must outlive the holder.
  ApiKeyHolder(BaseUrl base, std::string api_key, const RouteCache& cache);

  [[nodiscard]] bool may_see(const SplitUrl& url) const;
  /// Where `may_see`, sets `Authorization`: the request's own, else the key. Else no field holds the key.
  void attach(const SplitUrl& url, HeaderFields& headers) const;
  /// Removes the key from every field, for origins other than the control plane's.
  void strip(HeaderFields& headers) const;

 private:
  const BaseUrl base_, resolved_base_;
  const std::string api_key_;
  const RouteCache& cache_;
};

/// All headers but `Authorization` and `Host`: what a VM may see.
[[nodiscard]] HeaderFields for_the_vm(const HeaderFields& headers);
/// All headers but `Host`.
[[nodiscard]] HeaderFields without_host(const HeaderFields& headers);

}  // namespace wye::routing
