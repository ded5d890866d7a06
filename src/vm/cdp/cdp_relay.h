#pragma once

#include <list>
#include <memory>
#include <string>

#include "net/exchange.h"
#include "vm/chromium/browser.h"
#include "vm/telemetry/telemetry_hub.h"

namespace wye::vm {

/// Clients' WebSockets to Chromium's DevTools port: the handshake is made anew towards Chromium, then bytes
/// pass as they are (vm-api §15). One io_context.
class CdpRelay {
 public:
  CdpRelay(boost::asio::io_context& io, Browser& browser, TelemetryHub& telemetry);

  /// Serves an upgrade request until one side ends.
  net::Task<> serve(net::Exchange& exchange);
  /// Ends every open connection: 1012 `upstream_changed` when Chromium restarts, 1001 at the session's end.
  void close_all(int code, std::string reason);

 private:
  struct Connection;
  net::Task<> relay(net::Exchange& exchange, std::shared_ptr<Connection> connection, std::string path);

  boost::asio::io_context& io_;
  Browser& browser_;
  TelemetryHub& telemetry_;
  std::list<std::weak_ptr<Connection>> open_;
  std::uint64_t next_connection_ = 1;
};

/// The path at DevTools for a path of ours: `/devtools/page/{id}` (also below `/browser/cdp`) stays, all else
/// is the browser.
[[nodiscard]] std::string devtools_path(std::string_view path, const std::string& browser_path);

}  // namespace wye::vm
