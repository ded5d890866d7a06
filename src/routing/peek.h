#pragma once

#include <optional>
#include <string>

#include "net/http_client.h"

namespace wye::routing {

/// The beginning of a body that was read to be looked at.
struct Peeked {
  std::string bytes;
  bool whole = false;           ///< The body ended, with at most the limit's bytes.
  std::optional<Error> failed;  ///< What cut it.
};

/// Reads until the end, or until more than `limit` bytes are there, or the deadline.
[[nodiscard]] Peeked peek(net::WireResponse& response, std::size_t limit,
                          std::chrono::steady_clock::time_point deadline);

/// An answer whose body is what comes.
[[nodiscard]] ResponseStream hand_on(std::unique_ptr<net::WireResponse> response, RouteInfo info);
/// The same, every byte of what was read before first, then the rest, then the error that cut it.
[[nodiscard]] ResponseStream hand_on(std::unique_ptr<net::WireResponse> response, Peeked peeked,
                                     RouteInfo info);

}  // namespace wye::routing
