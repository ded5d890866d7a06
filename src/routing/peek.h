#pragma once

#include <optional>
#include <string>

#include "net/http_client.h"

namespace wye::routing {

/// The beginning of a body that was read ahead.
struct Peeked {
  std::string bytes;
  bool whole = false;           ///< The body has ended, within the limit.
  std::optional<Error> failed;  ///< The error that cut the body.
};

/// Reads until the end, until more than `limit` bytes are there, or until the deadline.
[[nodiscard]] Peeked peek(net::WireResponse& response, std::size_t limit,
                          std::chrono::steady_clock::time_point deadline);

/// Makes an answer whose body streams.
[[nodiscard]] ResponseStream hand_on(std::unique_ptr<net::WireResponse> response, RouteInfo info);
/// Does the same with the bytes that were read ahead first, then the rest, then the error that cut it.
[[nodiscard]] ResponseStream hand_on(std::unique_ptr<net::WireResponse> response, Peeked peeked,
                                     RouteInfo info);

}  // namespace wye::routing
