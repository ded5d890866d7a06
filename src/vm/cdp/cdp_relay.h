#pragma once

#include <list>
#include <memory>
#include <string>

#include "net/exchange.h"
#include "vm/chromium/browser.h"
#include "vm/telemetry/telemetry_hub.h"

namespace wye::vm {

class CdpConnection;

/// Relays clients' WebSockets to Chromium's DevTools port: it makes its own handshake with Chromium, then
/// passes bytes unchanged (vm-api §15). One io_context.
class CdpRelay {
 public:
  CdpRelay(boost::asio::io_context& io, Browser& browser, TelemetryHub& telemetry);

  /// Serves an upgrade request until one side ends.
  net::Task<> serve(net::Exchange& exchange);
  /// Ends every connection with 1001, since the session ends.
  void end_all(const std::string& reason);
  /// Tells the connections that this Chromium is gone.
  void on_end_of(std::uint64_t generation);

 private:
  net::Task<> relay(CdpConnection& connection);

  boost::asio::io_context& io_;
  Browser& browser_;
  TelemetryHub& telemetry_;
  std::list<CdpConnection*> open_;
  std::uint64_t next_connection_ = 1;
};

}  // namespace wye::vm
