#pragma once

#include <string>
#include <string_view>

#include "net/http_message.h"

// Decides which fields follow a redirect from hop to hop (Fetch standard, "HTTP-redirect fetch"). Pure.
namespace wye::vm {

/// Returns scheme, host and port of a URL in a comparable form: lower case, without a user and without the
/// scheme's default port. The URL is one that Chromium has parsed.
[[nodiscard]] std::string origin_of(std::string_view url);

/// The hops of one request so far.
class RedirectTrail {
 public:
  /// Chromium is about to request `url` (as it parsed it) with `method`: the first hop, or a redirect's.
  void on_hop(std::string_view url, std::string_view method);

  [[nodiscard]] int redirects() const { return hops_ > 0 ? hops_ - 1 : 0; }
  /// Tells whether a field of the caller's is still sent. Credentials are dropped for good when a redirect
  /// leaves the origin, even if a later one leads back; fields about the body are dropped with the body.
  [[nodiscard]] bool keeps(std::string_view lower_name) const;

 private:
  std::string origin_, method_;
  int hops_ = 0;
  bool left_origin_ = false, lost_body_ = false;
};

/// Returns the fields of the present hop: Chromium's, overlaid by those of the caller's that are still sent.
/// None of them reveals the hidden page.
[[nodiscard]] net::Headers headers_of_hop(const net::Headers& chromiums, const net::Headers& callers,
                                          const RedirectTrail& trail);

}  // namespace wye::vm
