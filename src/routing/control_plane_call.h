#pragma once

#include "routing/credentials.h"
#include "routing/redirects.h"
#include "routing/route_cache.h"

namespace wye::routing {

/// Sends requests to the control plane with the API key, learns routes from its answers and forgets those
/// that they end (routing-contract §1). Sends requests to other origins with neither. Thread-safe.
class ControlPlaneCall {
 public:
  /// A longer answer streams through, and no routes are learned from it.
  static constexpr std::size_t kMaxLearnedBytes = 16u << 20;

  /// All but the base URL must outlive the object.
  ControlPlaneCall(net::HttpClient& http, BaseUrl base, const ApiKeyHolder& holder, RouteCache& cache,
                   HeaderFields default_headers)
      : http_(http),
        base_(std::move(base)),
        holder_(holder),
        cache_(cache),
        default_headers_(std::move(default_headers)) {}

  [[nodiscard]] Result<ResponseStream> send(const Request& request, const SplitUrl& url, RouteInfo info,
                                            const Limits& limits) const;
  /// Sends to another origin: the caller's request, unchanged.
  [[nodiscard]] Result<ResponseStream> send_elsewhere(const Request& request, const SplitUrl& url,
                                                      const Limits& limits) const;

 private:
  net::HttpClient& http_;
  const BaseUrl base_;
  const ApiKeyHolder& holder_;
  RouteCache& cache_;
  const HeaderFields default_headers_;
};

}  // namespace wye::routing
