#pragma once

#include <string>
#include <string_view>

#include "net/http_message.h"

// What goes along from hop to hop when a redirect is followed (Fetch standard, "HTTP-redirect fetch"). Pure.
namespace wye::vm {

/// Scheme, host and port of a URL, as they compare: lower case, without a user and without the scheme's own
/// port. The URL is one that Chromium has parsed.
[[nodiscard]] std::string origin_of(std::string_view url);

/// The hops of one request so far.
class RedirectTrail {
 public:
  /// Chromium is about to ask for `url` (as it parsed it) with `method`: the first hop, or a redirect's.
  void on_hop(std::string_view url, std::string_view method);

  [[nodiscard]] int redirects() const { return hops_ > 0 ? hops_ - 1 : 0; }
  /// Whether a field of the caller's still goes along. Credentials stay behind for good where the origin was
  /// left, even when a later redirect leads back; what describes the body goes with the body.
  [[nodiscard]] bool keeps(std::string_view lower_name) const;

 private:
  std::string origin_, method_;
  int hops_ = 0;
  bool left_origin_ = false, lost_body_ = false;
};

/// The fields of the hop under way: what Chromium would send, overlaid by the caller's that go along. Nothing
/// tells of our page.
[[nodiscard]] net::Headers headers_of_hop(const net::Headers& chromiums, const net::Headers& callers,
                                          const RedirectTrail& trail);

}  // namespace wye::vm
