#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "net/http_message.h"
#include "wye/result.h"

// What local DevTools clients may ask for, and its name on either side. Pure.
namespace wye::cli {

/// Decides which clients are served at the local address, which needs no key: programs of this machine, and
/// no web page.
class LocalClients {
 public:
  /// `network`: the address is reached from other machines, so that `Host` may be any address.
  explicit LocalClients(bool network) : network_(network) {}
  /// Returns why a request is refused; nothing when it is served. `Host` exposes a page that has pointed its
  /// own name at this address, `Origin` or `Sec-Fetch-Site` a page of another origin.
  [[nodiscard]] std::optional<Error> refusal(const net::Headers& headers) const;

 private:
  [[nodiscard]] bool is_host(std::string_view field) const;
  const bool network_;
};

/// A path of Chromium's DevTools server as the session has it, below its `/browser/cdp`.
struct SessionPath {
  std::string path;  ///< "" is the browser's WebSocket.
  bool is_socket = false;
};
/// Returns nothing when a session of that id has no such path.
[[nodiscard]] std::optional<SessionPath> session_path(std::string_view path, std::string_view session_id);

/// Makes `ws://HOST/devtools/browser/ID`.
[[nodiscard]] std::string local_browser_url(std::string_view host, std::string_view session_id);

/// Returns an answer of `/json…` with addresses at `host` only; nothing when it is not a JSON list of
/// targets, or when more than the addresses holds `secret`.
[[nodiscard]] std::optional<std::string> with_local_urls(std::string_view body, std::string_view host,
                                                         std::string_view session_id,
                                                         std::string_view secret);

}  // namespace wye::cli
