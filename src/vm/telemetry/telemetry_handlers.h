#pragma once

#include "base/clock.h"
#include "net/exchange.h"
#include "net/wakeup.h"
#include "vm/telemetry/telemetry_hub.h"

namespace wye::vm {

/// Telemetry over HTTP (vm-api §8, wire-api §3). Answers are whole but the stream's.
class TelemetryHandlers {
 public:
  TelemetryHandlers(boost::asio::io_context& io, const Clock& clock, TelemetryHub& hub);

  [[nodiscard]] net::Response state() const;
  [[nodiscard]] net::Response put(std::string_view body);
  [[nodiscard]] net::Response patch(std::string_view body);
  [[nodiscard]] net::Response post_event(std::string_view body);
  [[nodiscard]] net::Response events(std::string_view query);
  /// Until the client goes away or `end_streams()`.
  net::Task<> stream(net::Exchange& exchange);
  void end_streams();

 private:
  [[nodiscard]] net::Response state_with(int status) const;

  const Clock& clock_;
  TelemetryHub& hub_;
  net::Wakeup wakeup_;
  std::shared_ptr<void> on_record_;
  bool ended_ = false;
};

}  // namespace wye::vm
