#pragma once

#include <cstdint>

#include "sdk/client_core.h"

namespace wye::sdk {

/// Returns the options for a call that ends when what it does has ended, at most `seconds` later: a client
/// that gave up earlier would stop it. A timeout of the caller's own stays.
[[nodiscard]] CallOptions outlasting(CallOptions call, const ClientCore& core, std::int64_t seconds);

}  // namespace wye::sdk
