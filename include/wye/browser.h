#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "wye/telemetry.h"

namespace wye {

/// The browser window's size; its page is a little smaller.
struct Viewport {
  std::int64_t width = 0;                    ///< CSS pixels.
  std::int64_t height = 0;                   ///< CSS pixels.
  std::optional<std::int64_t> refresh_rate;  ///< Hz; derived from the size when absent.
};

/// A new size for a running browser.
struct ViewportUpdate {
  std::int64_t width = 0;
  std::int64_t height = 0;
  std::optional<std::int64_t> refresh_rate;
  std::optional<bool> force;  ///< Also while a live view or a recording is active.
};

/// What a browser may reach.
struct NetworkPolicy {
  std::optional<std::vector<std::string>> private_hosts;  ///< Stored and echoed; they stay blocked.
};

/// How long a browser has run.
struct BrowserUsage {
  std::int64_t uptime_ms = 0;
};

/// A browser session as create, retrieve, update and list show it.
struct Browser {
  std::string session_id;
  std::string created_at;  ///< RFC 3339, UTC.
  std::string cdp_ws_url;  ///< Carries the session's JWT: a secret.
  std::string webdriver_ws_url;
  bool headless = false;
  bool stealth = false;
  std::int64_t timeout_seconds = 0;
  std::string memory;
  std::string region;
  std::optional<std::string> base_url;  ///< Where the VM answers; absent once the session ended.
  std::optional<std::string> browser_live_view_url;
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
  std::optional<std::string> deleted_at;
};

/// Everything is optional: `{}` is a browser with the server's defaults.
struct BrowserCreate {
  std::optional<bool> headless;
  std::optional<bool> stealth;
  std::optional<bool> kiosk_mode;
  std::optional<bool> gpu;
  std::optional<std::string> name;
  std::optional<std::map<std::string, std::string>> tags;
  std::optional<std::int64_t> timeout_seconds;  ///< Idle time until the session ends, 10–259200.
  std::optional<Viewport> viewport;
  std::optional<std::string> start_url;
  std::optional<boost::json::object> chrome_policy;
  std::optional<NetworkPolicy> network;
  std::optional<std::string> memory;
  std::optional<std::string> region;
  TelemetryRequest telemetry;
  std::optional<std::string> invocation_id;
};

/// Absent = unchanged.
struct BrowserUpdate {
  std::optional<std::string> name;                         ///< "" clears.
  std::optional<std::map<std::string, std::string>> tags;  ///< Full replacement; {} clears.
  std::optional<ViewportUpdate> viewport;
  TelemetryRequest telemetry;
};

/// A request that the browser makes with its own cookies and TLS.
struct CurlRequest {
  std::string url;  ///< http or https.
  std::optional<std::string> method;
  std::optional<std::map<std::string, std::string>> headers;
  std::optional<std::string> body;
  std::optional<std::int64_t> timeout_ms;        ///< 1000–60000.
  std::optional<std::string> response_encoding;  ///< `utf8` or `base64`.
};

/// The target's answer, whatever its status.
struct CurlResponse {
  std::int64_t status = 0;
  std::map<std::string, std::vector<std::string>> headers;
  std::string body;
  std::int64_t duration_ms = 0;
};

}  // namespace wye
