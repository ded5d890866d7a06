#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "wye/telemetry.h"

namespace wye {

/// The browser window's size; its page is a little smaller. Rules: wire-api §2.
struct Viewport {
  std::int64_t width = 0;                    ///< CSS pixels, 1–16384.
  std::int64_t height = 0;                   ///< CSS pixels, 1–16384.
  std::optional<std::int64_t> refresh_rate;  ///< Hz, ≥ 1; derived from the size when absent.
};

/// A new size for a running browser (wire-api §2).
struct ViewportUpdate {
  std::int64_t width = 0;                    ///< CSS pixels, 320–16384.
  std::int64_t height = 0;                   ///< CSS pixels, 240–16384.
  std::optional<std::int64_t> refresh_rate;  ///< Hz, ≥ 1; derived from the size when absent.
  std::optional<bool> force;                 ///< Resizes even while a live view or a recording is active.
};

/// The hosts that a browser may reach (wire-api §20).
struct NetworkPolicy {
  /// At most 32 entries of 255 characters. They are stored and echoed, but stay blocked (wire-api §18).
  std::optional<std::vector<std::string>> private_hosts;
};

/// How long a browser has run.
struct BrowserUsage {
  std::int64_t uptime_ms = 0;  ///< Milliseconds.
};

/// A browser session as create, retrieve, update and list show it (wire-api §2). Create's fields have the
/// meaning that BrowserCreate gives them.
struct Browser {
  std::string session_id;        ///< `^[a-z][a-z0-9]{23}$`.
  std::string created_at;        ///< RFC 3339, UTC.
  std::string cdp_ws_url;        ///< For DevTools clients. Holds the session's JWT: a secret.
  std::string webdriver_ws_url;  ///< For WebDriver BiDi, not served yet. Holds the JWT, too.
  bool headless = false;
  bool stealth = false;
  std::int64_t timeout_seconds = 0;
  std::string memory;
  std::string region;
  std::optional<std::string> base_url;  ///< The URL of the VM's calls; absent once the session has ended.
  std::optional<std::string> browser_live_view_url;  ///< Of headful browsers only.
  std::optional<std::string> name;
  std::optional<std::map<std::string, std::string>> tags;
  std::optional<bool> kiosk_mode;
  std::optional<bool> gpu;
  std::optional<Viewport> viewport;
  std::optional<std::string> start_url;
  std::optional<boost::json::object> chrome_policy;
  std::optional<NetworkPolicy> network;
  std::optional<TelemetryState> telemetry;  ///< Absent while telemetry is off.
  std::optional<BrowserUsage> usage;
  std::optional<std::string> deleted_at;  ///< RFC 3339, UTC; only of a session that has ended.
};

/// A browser to create (wire-api §2). Everything is optional: `{}` is a browser with the server's defaults. A
/// field that the server does not offer is `denied` or `unsupported`, a value out of range `invalid`
/// (wire-api §18).
struct BrowserCreate {
  std::optional<bool> headless;    ///< Absent: true, since headful browsers are not served yet.
  std::optional<bool> stealth;     ///< Pages must not see that the browser is automated. Absent: false.
  std::optional<bool> kiosk_mode;  ///< Not served yet.
  std::optional<bool> gpu;         ///< Not served yet.
  /// `^[a-zA-Z0-9._-]{1,255}$`, unique without regard to case among active sessions (`conflict` otherwise).
  std::optional<std::string> name;
  /// At most 50; keys of 1–128 characters, values of at most 256.
  std::optional<std::map<std::string, std::string>> tags;
  std::optional<std::int64_t>
      timeout_seconds;                   ///< Idle seconds until the session ends, 10–259200. Absent: 60.
  std::optional<Viewport> viewport;      ///< Absent: 1920 × 1080.
  std::optional<std::string> start_url;  ///< At most 2,048 bytes; create does not wait for its load.
  std::optional<boost::json::object> chrome_policy;  ///< Only an empty one is served yet.
  std::optional<NetworkPolicy> network;
  std::optional<std::string> memory;  ///< Of headful browsers only, which are not served yet.
  std::optional<std::string> region;  ///< Absent: `us-east`, the only one served.
  TelemetryRequest telemetry;
  std::optional<std::string> invocation_id;  ///< Accepted, and ignored.
};

/// Changes to a browser (wire-api §2); an absent field is unchanged.
struct BrowserUpdate {
  std::optional<std::string> name;                         ///< "" removes the name.
  std::optional<std::map<std::string, std::string>> tags;  ///< Replaces all tags; {} removes them.
  std::optional<ViewportUpdate> viewport;
  TelemetryRequest telemetry;
};

/// A request that the browser makes with its own cookies and TLS (wire-api §2; docs/curl.md).
struct CurlRequest {
  std::string url;                    ///< Absolute, http or https.
  std::optional<std::string> method;  ///< GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS. Absent: GET.
  std::optional<std::map<std::string, std::string>> headers;  ///< Override the browser's own.
  std::optional<std::string> body;                            ///< UTF-8 text; `fetch` sends any bytes.
  std::optional<std::int64_t> timeout_ms;                     ///< 1000–60000. Absent: 30000.
  std::optional<std::string> response_encoding;               ///< `utf8` or `base64`. Absent: `utf8`.
};

/// The target's answer, whatever its status.
struct CurlResponse {
  std::int64_t status = 0;                                  ///< The target's HTTP status.
  std::map<std::string, std::vector<std::string>> headers;  ///< All values of each name, in order.
  std::string body;                                         ///< At most 64 MiB, as `response_encoding` says.
  std::int64_t duration_ms = 0;                             ///< Milliseconds.
};

}  // namespace wye
