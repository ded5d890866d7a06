#pragma once

#include <list>
#include <string>

#include "net/exchange.h"
#include "net/wakeup.h"
#include "vm/cdp/command_events.h"
#include "vm/chromium/browser.h"
#include "vm/telemetry/telemetry_hub.h"

namespace wye::vm {

class CdpLine;

/// Clients' WebSockets to Chromium's DevTools port: makes the handshake with Chromium and hands the socket to
/// the gateway, which relays (vm-api §15); tells telemetry of their beginnings, commands and ends. One
/// io_context.
class CdpRelay {
 public:
  CdpRelay(boost::asio::io_context& io, Browser& browser, TelemetryHub& telemetry);
  ~CdpRelay() { telemetry_.on_commands(nullptr); }

  /// Serves an upgrade request until one side ends.
  net::Task<> serve(net::Exchange& exchange);
  /// Ends every WebSocket with 1001, since the session ends.
  void end_all(const std::string& reason);
  /// Returns once all have ended, or at that time.
  net::Task<> wait_ended(std::chrono::steady_clock::time_point until);
  /// Tells the WebSockets that this Chromium is gone.
  void on_end_of(std::uint64_t generation);

 private:
  net::Task<> follow(CdpLine& line);

  boost::asio::io_context& io_;
  Browser& browser_;
  TelemetryHub& telemetry_;
  CommandEvents commands_;
  std::list<CdpLine*> open_;
  net::Wakeup ended_;
  std::uint64_t next_connection_ = 1;
};

}  // namespace wye::vm
