#pragma once

#include <memory>
#include <string>

#include "base/log.h"
#include "net/http_client.h"
#include "routing/control_plane_call.h"
#include "routing/decide.h"
#include "routing/direct_call.h"

namespace wye::wire {
struct VmCall;
}

namespace wye::routing {

struct TransportOptions {
  BaseUrl base;
  std::string api_key;
  AllowList allow = AllowList::usual();
  bool refresh_stale_routes = false;
  HeaderFields default_headers;  ///< Sent where the request has no field of that name; not to other origins.
};

/// Makes one attempt at a request: decides, sends, falls back at most once (routing-contract §2–§4).
/// Thread-safe.
class RoutedTransport {
 public:
  /// All but the options must outlive the object.
  RoutedTransport(TransportOptions options, RouteCache& cache, net::HttpClient& http, const Log& log);

  /// `request.path` may be relative to the base URL or absolute.
  [[nodiscard]] Result<ResponseStream> attempt(const Request& request, const Limits& limits) const;
  /// Requests `{base_url}/curl/raw?query&jwt=…` of a known route (`no_route` otherwise).
  [[nodiscard]] Result<ResponseStream> fetch(const std::string& id_or_name, const Request& request,
                                             std::string_view query, const Limits& limits) const;
  /// Returns the table's row of the call to a browser that the request makes; null for all others.
  [[nodiscard]] const wire::VmCall* vm_call_of(const Request& request) const;

 private:
  [[nodiscard]] Result<ResponseStream> direct(const Request& request, const SplitUrl& url,
                                              const Decision& decision, const Limits& limits) const;
  [[nodiscard]] Result<ResponseStream> at_control_plane(const Request& request, const SplitUrl& url,
                                                        const Decision& decision, RouteInfo info,
                                                        const Limits& limits) const;

  const TransportOptions options_;
  RouteCache& cache_;
  const Log& log_;
  const ApiKeyHolder holder_;
  const DirectCall direct_call_;
  const ControlPlaneCall control_plane_call_;
};

}  // namespace wye::routing
