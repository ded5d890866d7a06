#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <functional>
#include <optional>
#include <string>

#include "base/log.h"
#include "cli/cdp/local_names.h"
#include "cli/cdp/session_link.h"
#include "control/api/workers.h"
#include "net/host_port.h"
#include "net/http_server.h"
#include "net/wakeup.h"

namespace wye::cli {

/// Serves one session's DevTools at a local address, like a Chromium with `--remote-debugging-port`: for
/// clients that take only host and port. Each WebSocket is dialled separately, so that it reaches the current
/// Chromium.
class LocalCdp {
 public:
  LocalCdp(SessionLink& link, net::HostPort where, bool network);

  /// Listens, and returns the address with the port in use.
  Result<std::string> listen();
  /// Serves until the session has ended (returns its error) or a signal comes (returns nothing). Calls of the
  /// workers are not awaited, since the process is to end afterwards.
  std::optional<Error> run();

 private:
  net::Task<> serve(net::Exchange& exchange);
  net::Task<> answer_json(net::Exchange& exchange, std::string path);
  void want_look();
  net::Task<> watch_session();
  net::Task<> leave(std::optional<Error> why);
  [[nodiscard]] net::Response no_such_path(std::string_view host) const;

  boost::asio::io_context io_;
  const Log log_;
  SessionLink& link_;
  const net::HostPort where_;
  const LocalClients clients_;
  control::Workers workers_;
  net::Wakeup look_now_;  // something ended: perhaps the session, too
  net::Wakeup one_left_;
  boost::asio::basic_signal_set<boost::asio::io_context::executor_type> signals_;
  net::HttpServer server_;
  int served_ = 0;            // requests and WebSockets under way
  bool look_wanted_ = false;  // since the last look began
  bool leaving_ = false;
  std::optional<Error> why_;
};

}  // namespace wye::cli
