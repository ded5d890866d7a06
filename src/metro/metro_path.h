#pragma once

#include <optional>
#include <string>
#include <string_view>

// Parses a request's path at the metro. Pure.
namespace wye::metro {

enum class Surface {
  none,       ///< Not below `/browser`, or a path that the metro does not serve.
  api,        ///< `/browser/kernel/…`
  cdp,        ///< `/browser/cdp…`
  webdriver,  ///< `/browser/webdriver…`
  live,       ///< `/browser/live…`
  replays,    ///< `/browser/replays/{id}`
};

struct MetroPath {
  Surface surface = Surface::none;
  std::string_view session_id;  ///< The session in the path; "" when only the JWT says it.
  /// The path for the agent, still encoded and with its leading slash: `/telemetry/stream` of the API,
  /// `/browser/cdp/…` of the other surfaces. "" when the path is ambiguous (`..`, an encoded slash, an empty
  /// segment).
  std::string_view agent_path;
  std::string tail;  ///< `decoded_tail` of the agent path.
};

[[nodiscard]] MetroPath parse_metro_path(std::string_view path);

/// Decodes the path's segments and joins them by '/', without slashes around; nothing for `.`, `..`, an
/// encoded slash, backslash or control character, an empty segment but the last, or a bad percent-encoding.
[[nodiscard]] std::optional<std::string> decoded_tail(std::string_view path);

/// Returns a query without its `jwt` pairs, otherwise unchanged; stores the decoded value of the first in
/// `jwt` when given.
[[nodiscard]] std::string without_jwt(std::string_view query, std::string* jwt);

}  // namespace wye::metro
