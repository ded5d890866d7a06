#pragma once

#include <chrono>
#include <cstddef>

#include "net/descriptor_budget.h"

namespace wye::net {

/// Bounds of a server and its connections. A request that exceeds them is answered 4xx, and its connection
/// closes.
struct ConnectionLimits {
  std::size_t head_bytes = 32 * 1024;  ///< Request line and headers; 431 beyond.
  /// Beyond it, one gives way, or new ones are answered in the lobby.
  std::size_t connections = 12'000;
  DescriptorBudget* descriptors = nullptr;  ///< Bounds descriptors in the same way; null: no such bound.
  /// From the first byte of a head to its end; 408. A connection's first request, and a TLS handshake, have
  /// this time from the connection's beginning.
  std::chrono::milliseconds head_timeout{10'000};
  /// How long a new client has to say something before it gives way.
  std::chrono::milliseconds time_to_speak{200};
  std::chrono::milliseconds idle_timeout{120'000};  ///< Between requests of a kept-alive connection.
  std::chrono::milliseconds body_timeout{60'000};   ///< Between two pieces of a request's body.
  /// For a body that is read as a whole: pieces that come in time could go on for ever.
  std::chrono::milliseconds whole_body_timeout{300'000};
  std::chrono::milliseconds write_timeout{60'000};  ///< For a client that does not read its answer.
};

}  // namespace wye::net
