#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace wye::control::otlp {

/// The outcome of one request in the terms of OTLP/HTTP: accepted (perhaps with rejected records), refused
/// for good, or to be sent again. `reason` is our own text: it quotes neither the answer's body nor the
/// request's headers.
struct Delivery {
  enum class Outcome { accepted, refused, again };
  Outcome outcome = Outcome::accepted;
  std::int64_t rejected = 0;
  std::optional<std::chrono::milliseconds> asked_pause;
  std::string reason;
};

/// Reads a status: 2xx is accepted; 429, 502, 503 and 504 are to be sent again; all else, also a redirect, is
/// refused.
[[nodiscard]] Delivery::Outcome outcome_of_status(int status);

/// Reads `Retry-After` in seconds or as a date; never negative and at most `kLongestPause`.
inline constexpr std::chrono::minutes kLongestPause{10};
[[nodiscard]] std::optional<std::chrono::milliseconds> asked_pause(std::string_view retry_after,
                                                                   std::int64_t unix_micros);

/// The number of records that an accepted request's answer rejects (`partial_success`); 0 when the answer is
/// not understood.
[[nodiscard]] std::int64_t rejected_in_protobuf(std::string_view body);
[[nodiscard]] std::int64_t rejected_in_json(std::string_view body);

}  // namespace wye::control::otlp
