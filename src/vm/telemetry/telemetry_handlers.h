#pragma once

#include "base/clock.h"
#include "net/http_message.h"
#include "vm/telemetry/telemetry_hub.h"

namespace wye::vm {

/// Telemetry over HTTP (vm-api §8, wire-api §3), but the stream: whole answers.
class TelemetryHandlers {
 public:
  TelemetryHandlers(const Clock& clock, TelemetryHub& hub) : clock_(clock), hub_(hub) {}

  [[nodiscard]] net::Response state() const;
  [[nodiscard]] net::Response put(std::string_view body);
  [[nodiscard]] net::Response patch(std::string_view body);
  [[nodiscard]] net::Response post_event(std::string_view body);
  [[nodiscard]] net::Response events(std::string_view query);

 private:
  [[nodiscard]] net::Response state_with(int status) const;

  const Clock& clock_;
  TelemetryHub& hub_;
};

}  // namespace wye::vm
