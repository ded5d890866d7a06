#pragma once

#include <chrono>
#include <optional>

#include "base/random.h"
#include "wye/http.h"

// Three policies, each alone: whether to try again, how long to wait, what may be sent twice.
namespace wye::sdk {

/// Whether the method may run twice without harm (RFC 9110 §9.2.2).
[[nodiscard]] bool is_idempotent(std::string_view method);

/// Whether an answer asks for another attempt: 408, 409, 429, ≥ 500, and never against `x-should-retry`. What
/// is not idempotent goes again only when nothing of it can have run: 429, 503, 529 with `Retry-After`.
[[nodiscard]] bool answer_wants_retry(const Request& request, int status, const HeaderFields& headers);
/// The same for an attempt without an answer. What is not idempotent goes again only when no byte was sent.
[[nodiscard]] bool error_wants_retry(const Request& request, const Error& error);

/// What the server asks for: `retry-after-ms`, else `Retry-After` in seconds; at most a minute.
[[nodiscard]] std::optional<std::chrono::milliseconds> asked_pause(const HeaderFields& headers);
/// 0.5 s doubling to 8 s, less up to a quarter at random, so that many clients do not come back at once.
[[nodiscard]] std::chrono::milliseconds backoff(int attempt, Random& random);

}  // namespace wye::sdk
