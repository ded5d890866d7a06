#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/http_message.h"
#include "wye/error.h"

namespace wye::control {

/// Keeps web pages from driving the control plane, besides that they know no API key and get no CORS headers
/// (docs/adr/0004-web-pages.md). Pure.
/// - `Host` is an address, a name of one word, `localhost`, where the server listens, or a name it was told
///   of: no name that a stranger's DNS leads here.
/// - A request that may change something or wants a socket, and says the `Origin` of a page, comes from the
///   server's own origin. Programs say none.
class WebOrigin {
 public:
  /// `listen_host` is that of `--listen`; `names` are those of `--allow-host`, without ports.
  WebOrigin(std::string_view listen_host, const std::vector<std::string>& names);

  /// Returns why the request is refused; nothing when it may go on.
  [[nodiscard]] std::optional<Error> refusal(const net::RequestHead& head) const;

  /// "" is a field that was not sent, as only HTTP/1.0 programs may do.
  [[nodiscard]] bool allows_host(std::string_view host) const;
  /// Returns whether an `Origin` names the host (and port) to which the request was sent.
  [[nodiscard]] static bool is_own_origin(std::string_view origin, std::string_view host);

 private:
  std::vector<std::string> names_;  // lower case
};

}  // namespace wye::control
