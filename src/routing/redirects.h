#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "net/http_client.h"
#include "routing/url.h"

namespace wye::routing {

/// The limits of one attempt.
struct Limits {
  std::chrono::steady_clock::time_point
      deadline;  ///< For the head, and for the parts of the body that routing reads itself.
  std::optional<std::chrono::steady_clock::time_point> body_deadline;
  std::stop_token stop;
};

/// Adds the client's own fields on each hop. It may change the URL (a route's token), but never its origin.
/// `left_origin` is true from the first hop to another origin than the request's own.
using Dress = std::function<void(SplitUrl& url, HeaderFields& headers, bool left_origin)>;

struct SendRules {
  bool decode = true;  ///< See net::WireRequest.
  bool follow = true;
  bool stay_in_origin = false;  ///< Returns an answer that redirects elsewhere to the caller.
};

struct Arrived {
  std::unique_ptr<net::WireResponse> response;
  bool left_origin = false;
};

/// Sends a request and follows at most 10 redirects: 303, and 301 or 302 to a POST, continue as GET without a
/// body; 307 and 308 are returned when the body cannot be sent again. Credentials among the request's headers
/// (Authorization, Cookie, Proxy-Authorization) do not leave its origin.
[[nodiscard]] Result<Arrived> send_following(net::HttpClient& http, const Request& request, SplitUrl url,
                                             const HeaderFields& headers, const Dress& dress, SendRules rules,
                                             const Limits& limits);

}  // namespace wye::routing
