#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "net/http_client.h"
#include "routing/decide.h"
#include "wye/http.h"

namespace wye::routing {

struct TransportOptions {
  BaseUrl base;
  std::string api_key;
  std::vector<std::string> allow;
  bool refresh_stale_routes = false;
  HeaderFields default_headers;  ///< Sent where the request has no field of that name.
};

/// One attempt at a request, routed: decides, sends, falls back at most once (routing contract §2–§4).
/// Thread-safe.
class RoutedTransport {
 public:
  RoutedTransport(TransportOptions options, std::shared_ptr<RouteCache> cache,
                  std::shared_ptr<net::HttpClient> http, const Log& log);

  struct Limits {
    std::chrono::steady_clock::time_point deadline;
    std::optional<std::chrono::steady_clock::time_point> body_deadline;
    std::stop_token stop;
  };
  /// `request.path` may be relative to the base URL or absolute.
  Result<ResponseStream> attempt(const Request& request, const Limits& limits);

  /// `{base_url}/curl/raw?url=…&jwt=…`; none of the SDK's headers, no fallback.
  Result<ResponseStream> raw_fetch(const Route& route, const std::string& url, const Request& request,
                                   const Limits& limits);

  [[nodiscard]] const TransportOptions& options() const { return options_; }
  [[nodiscard]] RouteCache& cache() { return *cache_; }
  /// The absolute URL of a request.
  [[nodiscard]] std::string url_of(const Request& request) const;

 private:
  struct Sent;
  Result<ResponseStream> direct(const Request& request, const SplitUrl& url, const Decision& decision,
                                const Limits& limits);
  Result<ResponseStream> control_plane(const Request& request, const std::string& url, RouteInfo info,
                                       const Limits& limits);
  Result<ResponseStream> elsewhere(const Request& request, const std::string& url, const Limits& limits);
  Result<std::unique_ptr<net::WireResponse>> follow(const Request& request, std::string url,
                                                    HeaderFields headers, bool with_key, bool stay_in_origin,
                                                    const Limits& limits);
  [[nodiscard]] bool may_carry_key(const std::string& url) const;
  [[nodiscard]] HeaderFields with_defaults(HeaderFields headers) const;
  std::string fallback_url(const SplitUrl& url, const Decision& decision) const;

  const TransportOptions options_;
  const std::shared_ptr<RouteCache> cache_;      // shared by copies of a client
  const std::shared_ptr<net::HttpClient> http_;  // likewise
  const Log& log_;
};

}  // namespace wye::routing
