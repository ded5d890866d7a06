#pragma once

#include <string>

#include "routing/route_cache.h"
#include "routing/url.h"
#include "wye/http.h"

namespace wye::routing {

/// Who may see the API key: URLs at or below the base URL's path, and none at or below a known route's
/// `base_url` (routing-contract §2). Dot segments and encoded slashes are looked through.
class ApiKeyHolder {
 public:
  /// The cache must outlive the holder.
  ApiKeyHolder(BaseUrl base, std::string api_key, const RouteCache& cache);

  [[nodiscard]] bool may_see(const SplitUrl& url) const;
  /// `Authorization` where `may_see`: the request's own, else the key. Nowhere else the key in any field.
  void attach(const SplitUrl& url, HeaderFields& headers) const;
  /// For origins that are not the control plane's: no field holds the key.
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
