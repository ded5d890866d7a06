#pragma once

#include "base/clock.h"
#include "net/http_message.h"
#include "vm/telemetry/collector/budget.h"
#include "vm/telemetry/telemetry_hub.h"

namespace wye::vm {

/// Telemetry over HTTP (vm-api §8, wire-api §3) except for the stream.
class TelemetryHandlers {
 public:
  /// The budget of posted records: a burst, then a rate. Each costs its text and `kBesideText`.
  static constexpr double kPostedBurst = 8 << 20, kPostedPerSecond = 1 << 20;
  static constexpr std::size_t kBesideText = 256;

  TelemetryHandlers(const Clock& clock, TelemetryHub& hub) : clock_(clock), hub_(hub) {}

  [[nodiscard]] net::Response state() const;
  [[nodiscard]] net::Response put(std::string_view body);
  [[nodiscard]] net::Response patch(std::string_view body);
  /// Answers 429 with `Retry-After` beyond the budget of posted events, or when there is no room; the event
  /// is then counted as dropped.
  [[nodiscard]] net::Response post_event(std::string_view body);
  [[nodiscard]] net::Response events(std::string_view query);

 private:
  [[nodiscard]] net::Response state_with(int status) const;

  const Clock& clock_;
  TelemetryHub& hub_;
  Budget posted_{kPostedBurst, kPostedPerSecond};
};

}  // namespace wye::vm
