#pragma once

#include "sdk/idempotency.h"
#include "wye/http.h"

namespace wye::sdk {

enum class Again { no, after_pause, at_once };

/// Decides after an answer. 408, 409, 429 and ≥ 500 are sent again if the request may run twice; 429, 503 and
/// 529 with `Retry-After` if it has not run. `x-should-retry` overrides it: `false` always, `true` for what
/// may run twice.
[[nodiscard]] Again after_answer(Replay replay, int status, const HeaderFields& headers);

/// Decides after an attempt without an answer. A failed connect has sent nothing and is tried again. After
/// other connection errors a request is sent again if it may run twice, at once when only a kept connection
/// had ended. Timeouts, cancellation and bad requests are final.
[[nodiscard]] Again after_error(Replay replay, const Error& error);

}  // namespace wye::sdk
