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

/// What is not set comes from the environment, then from the default.
struct ClientOptions {
  std::optional<std::string>
      api_key;  ///< `KERNEL_API_KEY`. Never logged; sent to URLs below `base_url` only.
  std::optional<std::string>
      base_url;  ///< `KERNEL_BASE_URL`; default http://127.0.0.1:7711, where `wye serve` listens.
  /// `WYE_CA_FILE`: authorities in PEM to trust besides the system's, for servers with a private one. A file
  /// that cannot be read is an `InvalidError` of the client's making. Certificates are always verified.
  std::optional<std::string> ca_file;
  /// A proxy's URL (http, https, socks4, socks4a, socks5 or socks5h), whatever the environment says; "" =
  /// none. Absent: `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy` of the environment. A host that is
  /// this machine's loopback, by any spelling, is never reached by a proxy. Anything else is an
  /// `InvalidError` of the client's making.
  std::optional<std::string> proxy;
  /// Path prefixes below `browsers/{id}/` that may go straight to the VM, whole segments. Empty = routing
  /// off. `KERNEL_BROWSER_ROUTING_SUBRESOURCES` (comma-separated, blank = off); default curl, telemetry,
  /// computer, playwright, process, fs, logs/stream.
  std::optional<std::vector<std::string>> routing_subresources;
  /// A 401 or 403 of a VM (but of `curl/raw`) is asked once more at the control plane, within the same
  /// attempt.
  bool refresh_stale_routes = false;
  int max_retries = 2;                        ///< After the first attempt.
  std::chrono::milliseconds timeout{60'000};  ///< Of a call; see CallOptions::timeout.
  std::size_t route_cache_size = 10'000;      ///< Sessions; the least recently used goes first.
  HeaderFields
      default_headers;  ///< With every request to the control plane or a VM that has no such field itself.
  std::optional<std::string>
      log;  ///< `KERNEL_LOG`: debug, info, warn, error or off (default). Secrets are redacted.
  /// Takes each log line, a JSON object; must be thread-safe. Absent: standard error.
  std::function<void(std::string_view line)> log_sink;
};

}  // namespace wye
