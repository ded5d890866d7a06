#pragma once

#include <memory>

#include "routing/browser_path.h"
#include "routing/credentials.h"
#include "routing/redirects.h"
#include "routing/route_cache.h"

namespace wye::routing {

/// Makes `base_url` + `/` + tail, then the query without any `jwt`, then the route's own, once, last
/// (routing-contract §3).
[[nodiscard]] SplitUrl direct_url(const Route& route, std::string_view tail, std::string_view query);

/// Tells whether the target itself answers the request: then it is sent once, and only the caller reads the
/// answer (routing-contract §5).
[[nodiscard]] bool is_raw_fetch(std::string_view method, const BrowserPath& path);

/// Sends requests to a VM: with its JWT, without the API key. Thread-safe.
class DirectCall {
 public:
  /// `http` and `holder` must outlive the object. `default_headers` are sent where the request has no such
  /// field.
  DirectCall(net::HttpClient& http, const ApiKeyHolder& holder, HeaderFields default_headers)
      : http_(http), holder_(holder), default_headers_(std::move(default_headers)) {}

  [[nodiscard]] Result<std::unique_ptr<net::WireResponse>> send(const Request& request, const SplitUrl& url,
                                                                const Route& route, const BrowserPath& path,
                                                                const Limits& limits) const;
  /// Sends a raw fetch: the target sees only the caller's headers, among them `Authorization`, which is meant
  /// for it (vm-api §5). Returns the answer as it is, redirects included.
  [[nodiscard]] Result<std::unique_ptr<net::WireResponse>> fetch(const Request& request, const Route& route,
                                                                 std::string_view query,
                                                                 const Limits& limits) const;

 private:
  [[nodiscard]] Result<std::unique_ptr<net::WireResponse>> send_raw(const Request& request,
                                                                    HeaderFields headers, const Route& route,
                                                                    std::string_view query,
                                                                    const Limits& limits) const;
  [[nodiscard]] Result<std::unique_ptr<net::WireResponse>> send_to(const Request& request, SplitUrl target,
                                                                   HeaderFields headers, const Route& route,
                                                                   SendRules rules,
                                                                   const Limits& limits) const;

  net::HttpClient& http_;
  const ApiKeyHolder& holder_;
  const HeaderFields default_headers_;
};

}  // namespace wye::routing
