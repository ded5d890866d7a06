#pragma once

#include <memory>

#include "cli/cdp/session_link.h"
#include "control/api/workers.h"
#include "net/exchange.h"
#include "net/lazy_deadline.h"
#include "net/wakeup.h"

namespace wye::cli {

/// Passes bytes between a local WebSocket and the session's until both sides have ended. What one side does
/// not take is not read from the other. One io_context.
class SocketRelay {
 public:
  SocketRelay(boost::asio::io_context& io, std::unique_ptr<net::ByteStream> local,
              std::unique_ptr<net::ByteStream> session);
  net::Task<> run();

 private:
  net::Task<> up();
  net::Task<> down();
  void close();

  boost::asio::io_context& io_;
  const std::unique_ptr<net::ByteStream> local_, session_;
  bool up_over_ = false;
  net::Wakeup over_;
  net::LazyDeadline last_chance_;  // for one side, once the other has ended
};

/// Answers a local request for a WebSocket: dials the session's, and relays. An answer of the session other
/// than 101 is passed on.
net::Task<> serve_socket(boost::asio::io_context& io, control::Workers& workers, SessionLink& link,
                         net::Exchange& exchange, std::string path);

/// Returns the error in the session's own answer, by its status.
[[nodiscard]] Error error_of_session(int status, std::string_view body);

}  // namespace wye::cli
