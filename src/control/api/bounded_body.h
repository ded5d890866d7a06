#pragma once

#include <string>

#include "base/byte_budget.h"
#include "net/exchange.h"

namespace wye::control {

/// Reads the whole body like `Exchange::read_body`, and holds its bytes as they come: a client that only
/// announces a large body takes nothing away from others, and many slow senders are bounded together. 503
/// when there is no room.
net::Task<Result<std::string>> read_bounded_body(net::Exchange& exchange, std::size_t limit,
                                                 ByteBudget::Held& held);
/// Returns the error for a request for whose bytes there is no room.
[[nodiscard]] Error no_room_for_body();

}  // namespace wye::control
