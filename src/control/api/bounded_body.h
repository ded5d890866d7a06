#pragma once

#include <string>

#include "base/byte_budget.h"
#include "net/exchange.h"

namespace wye::control {

/// The whole body as `Exchange::read_body` gives it, and its bytes are held as they come: who only announces
/// a large body takes nothing away from others, and many slow senders are bounded together. 503 when there is
/// no room.
net::Task<Result<std::string>> read_bounded_body(net::Exchange& exchange, std::size_t limit,
                                                 ByteBudget::Held& held);
/// What a request is told for whose bytes there is no room.
[[nodiscard]] Error no_room_for_body();

}  // namespace wye::control
