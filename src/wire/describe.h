#pragma once

#include <boost/describe/class.hpp>

#include "wire/json_codec.h"
#include "wye/browser.h"

// The API's types, described once for both directions (wire-api §2, §3).
namespace wye {

BOOST_DESCRIBE_STRUCT(TelemetryCommands, (), (excluded_methods))
BOOST_DESCRIBE_STRUCT(TelemetryCategory, (), (enabled, cdp))
BOOST_DESCRIBE_STRUCT(OtlpDestinationRef, (), (id, name))
BOOST_DESCRIBE_STRUCT(OtlpExportRequest, (), (enabled, destination))
BOOST_DESCRIBE_STRUCT(TelemetryExportRequest, (), (otlp))
BOOST_DESCRIBE_STRUCT(TelemetryRequest, (), (enabled, browser, export_))
BOOST_DESCRIBE_STRUCT(TelemetryState, (), (browser))
BOOST_DESCRIBE_STRUCT(TelemetrySource, (), (kind, event, metadata))
BOOST_DESCRIBE_STRUCT(TelemetryEvent, (), (ts, type, category, source, data, truncated))
BOOST_DESCRIBE_STRUCT(TelemetryEnvelope, (), (seq, event))
BOOST_DESCRIBE_STRUCT(Viewport, (), (width, height, refresh_rate))
BOOST_DESCRIBE_STRUCT(ViewportUpdate, (), (width, height, refresh_rate, force))
BOOST_DESCRIBE_STRUCT(NetworkPolicy, (), (private_hosts))
BOOST_DESCRIBE_STRUCT(BrowserUsage, (), (uptime_ms))
BOOST_DESCRIBE_STRUCT(Browser, (),
                      (session_id, created_at, cdp_ws_url, webdriver_ws_url, headless, stealth,
                       timeout_seconds, memory, region, base_url, browser_live_view_url, name, tags,
                       kiosk_mode, gpu, viewport, start_url, chrome_policy, network, telemetry, usage,
                       deleted_at))
BOOST_DESCRIBE_STRUCT(BrowserCreate, (),
                      (headless, stealth, kiosk_mode, gpu, name, tags, timeout_seconds, viewport, start_url,
                       chrome_policy, network, memory, region, telemetry, invocation_id))
BOOST_DESCRIBE_STRUCT(BrowserUpdate, (), (name, tags, viewport, telemetry))
BOOST_DESCRIBE_STRUCT(CurlRequest, (), (url, method, headers, body, timeout_ms, response_encoding))
BOOST_DESCRIBE_STRUCT(CurlResponse, (), (status, headers, body, duration_ms))

namespace wire {
template <>
inline constexpr bool kOmitWhenEmpty<TelemetryRequest> = true;

/// The body of every error (wire-api §1).
struct ErrorBody {
  std::string code;
  std::string message;
};
BOOST_DESCRIBE_STRUCT(ErrorBody, (), (code, message))

}  // namespace wire
}  // namespace wye
