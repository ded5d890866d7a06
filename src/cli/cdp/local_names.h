#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "net/http_message.h"
#include "wye/result.h"

// What local DevTools clients may ask for, and how it is called on either side. Pure.
namespace wye::cli {

/// Who is served at the local address, which needs no key: programs of this machine, and no web page.
class LocalClients {
 public:
  /// `network`: the address is reached from elsewhere, so that any address may be in `Host`.
  explicit LocalClients(bool network) : network_(network) {}
  /// Why a request is refused; nothing when it is served. A page that has made its own name lead to this
  /// address is told by `Host`, one of another origin by `Origin` or `Sec-Fetch-Site`.
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
/// Nothing when there is no such path for a session of that id.
[[nodiscard]] std::optional<SessionPath> session_path(std::string_view path, std::string_view session_id);

/// `ws://HOST/devtools/browser/ID`
[[nodiscard]] std::string local_browser_url(std::string_view host, std::string_view session_id);

/// An answer of `/json…` with addresses at `host` only; nothing when it is no JSON of targets, or more than
/// they hold `secret`.
[[nodiscard]] std::optional<std::string> with_local_urls(std::string_view body, std::string_view host,
                                                         std::string_view session_id,
                                                         std::string_view secret);

}  // namespace wye::cli
