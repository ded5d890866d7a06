#pragma once

#include "sdk/idempotency.h"
#include "wye/http.h"

namespace wye::sdk {

enum class Again { no, after_pause, at_once };

/// After an answer: 408, 409, 429 and ≥ 500 for what may run twice; 429, 503 and 529 with `Retry-After` for
/// what has not run. `x-should-retry` says otherwise where it is sent: `false` always, `true` for what may
/// run twice.
[[nodiscard]] Again after_answer(Replay replay, int status, const HeaderFields& headers);

/// After an attempt without an answer: a failed connect has sent nothing; other connection errors are for
/// what may run twice, at once where only a kept connection had ended. Timeouts, cancellation and bad
/// requests are final.
[[nodiscard]] Again after_error(Replay replay, const Error& error);

}  // namespace wye::sdk
