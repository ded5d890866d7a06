#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wye/http.h"

namespace wye {

/// Options of a client. An option that is not set comes from the environment variable that it names, then
/// from its default.
struct ClientOptions {
  std::optional<std::string>
      api_key;  ///< `KERNEL_API_KEY`. Never logged; sent to URLs below `base_url` only.
  std::optional<std::string>
      base_url;  ///< `KERNEL_BASE_URL`; default http://127.0.0.1:7711, where `wye serve` listens.
  /// `WYE_CA_FILE`: a PEM file of authorities to trust besides the system's, for servers with a private one.
  /// The client's constructor throws `InvalidError` when it cannot be read. Certificates are always verified.
  std::optional<std::string> ca_file;
  /// A proxy's URL (http, https, socks4, socks4a, socks5 or socks5h), whatever the environment says; "" =
  /// none. Absent: `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy` of the environment. This machine's
  /// loopback, in any spelling, is never reached through a proxy. The client's constructor throws
  /// `InvalidError` for any other text.
  std::optional<std::string> proxy;
  /// `KERNEL_BROWSER_ROUTING_SUBRESOURCES` (comma-separated, blank = off): path prefixes below
  /// `browsers/{id}/` that may go straight to the VM, in whole segments (routing-contract §2). Empty =
  /// routing off. Default: curl, telemetry, computer, playwright, process, fs, logs/stream.
  std::optional<std::vector<std::string>> routing_subresources;
  /// After a 401 or 403 of a VM (except for `curl/raw`), sends the request once to the control plane, within
  /// the same attempt (routing-contract §4).
  bool refresh_stale_routes = false;
  int max_retries = 2;                        ///< Attempts after the first one.
  std::chrono::milliseconds timeout{60'000};  ///< For each call; see CallOptions::timeout.
  std::size_t route_cache_size = 10'000;      ///< In sessions; the least recently used goes first.
  HeaderFields default_headers;  ///< Sent to the control plane and to VMs, unless the request has a field of
                                 ///< that name.
  std::optional<std::string>
      log;  ///< `KERNEL_LOG`: debug, info, warn, error or off (default). Secrets are redacted.
  /// Called with each log line, a JSON object; must be thread-safe. Absent: lines go to standard error.
  std::function<void(std::string_view line)> log_sink;
};

}  // namespace wye
