#pragma once

#include <string>
#include <string_view>

namespace wye::vm {

/// Rewrites a client's `Sec-WebSocket-Extensions` so that each of its messages is compressed by itself (RFC
/// 7692 §7.1.1.2). Otherwise a passing message could not be read.
[[nodiscard]] std::string offers_without_context(std::string_view offers);

}  // namespace wye::vm
