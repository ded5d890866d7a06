#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace wye {

/// Who gave an answer.
enum class Via : std::uint8_t {
  none,           ///< None yet, or the attempt failed.
  direct,         ///< The browser's VM.
  control_plane,  ///< The server below the base URL.
  elsewhere,      ///< Another origin, named by an absolute URL.
};

/// Why a request went the way it did (routing-contract §2, §4).
enum class RouteReason : std::uint8_t {
  none,                ///< It was not sent yet, or the attempt failed.
  direct,              ///< The browser's route is known, and the path may go straight to its VM.
  no_route,            ///< No route to this browser's VM is known.
  not_allowed,         ///< The path is not among `ClientOptions::routing_subresources`.
  not_a_browser_path,  ///< The path names no subresource of a browser.
  not_control_plane,   ///< The URL does not lie below the base URL.
  browser_gone,        ///< The VM said that the browser is gone: a fallback.
  stale_route,         ///< The VM refused the token: a refresh (`ClientOptions::refresh_stale_routes`).
};

/// Returns the name for output and JSON, e.g. "control_plane".
[[nodiscard]] std::string_view to_string(Via via);
/// Returns the name for output and JSON, e.g. "browser_gone".
[[nodiscard]] std::string_view to_string(RouteReason reason);

/// How an answer was reached; never holds a JWT.
struct RouteInfo {
  Via via = Via::none;
  RouteReason reason = RouteReason::none;
  bool fell_back = false;  ///< The VM said that the browser is gone, and the control plane answered.

  friend bool operator==(const RouteInfo&, const RouteInfo&) = default;
};

/// An entry of the route cache, a session whose VM is known; without its JWT.
struct KnownRoute {
  std::string session_id;
  std::string base_url;
  std::vector<std::string> names;  ///< Lower case; at most one.
  std::int64_t expires_at = 0;     ///< Seconds since the Unix epoch; 0 = does not expire.
};

/// Tells whether the control plane may answer a GET of this path once the browser is gone (routing-contract
/// §4). `tail` is the part after `browsers/{id}/`, without slashes around it; today only `telemetry/events`
/// qualifies.
[[nodiscard]] bool is_fallback_eligible(std::string_view tail);

}  // namespace wye
