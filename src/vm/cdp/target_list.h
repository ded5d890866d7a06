#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace wye::vm {

/// Where a client reaches DevTools' WebSockets, and what it is not to see.
struct TargetView {
  std::string scheme;  ///< `ws` or `wss`
  std::string host;    ///< `host[:port]`
  std::function<bool(std::string_view target_id)> is_ours;
};

/// What DevTools lists (one target, or an array of them), as a client is shown it (vm-api §15): without
/// targets of ours, WebSocket addresses of the public host below `/browser/cdp`, the JWT left to the metro.
/// Nothing when it is not JSON.
[[nodiscard]] std::optional<std::string> shown_targets(std::string_view body, const TargetView& view);

}  // namespace wye::vm
