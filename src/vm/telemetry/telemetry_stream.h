#pragma once

#include <memory>

#include "net/exchange.h"
#include "net/wakeup.h"
#include "vm/telemetry/telemetry_hub.h"

namespace wye::vm {

/// The live streams of a session (wire-api §3): each subscriber is a cursor in the ring. One io_context.
class TelemetryStreams {
 public:
  /// The hub must outlive it.
  TelemetryStreams(boost::asio::io_context& io, TelemetryHub& hub);

  /// Until the client goes away or `end()`.
  net::Task<> serve(net::Exchange& exchange);
  void end();

 private:
  TelemetryHub& hub_;
  net::Wakeup wakeup_;
  std::shared_ptr<void> on_record_;
  bool ended_ = false;
};

}  // namespace wye::vm
