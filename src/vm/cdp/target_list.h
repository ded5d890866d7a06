#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace wye::vm {

/// Under which address a client reaches DevTools' WebSockets, and which targets are hidden from it.
struct TargetView {
  std::string scheme;  ///< `ws` or `wss`
  std::string host;    ///< `host[:port]`
  std::function<bool(std::string_view target_id)> is_ours;
};

/// Rewrites DevTools' list (one target or an array) for a client (vm-api §15): hides the agent's targets and
/// gives WebSocket addresses of the public host below `/browser/cdp`; the metro adds the JWT. Nothing when it
/// is not JSON.
[[nodiscard]] std::optional<std::string> shown_targets(std::string_view body, const TargetView& view);

}  // namespace wye::vm
