#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <chrono>
#include <functional>
#include <optional>

#include "net/exchange.h"

namespace wye::vm {

/// Knows whether there is a server: each keeps one request open here (`hold`). Once there has been none for
/// so long, `left_alone` is called, once; time that the machine sleeps counts. On the agent's thread alone.
class ServerWatch {
 public:
  /// `within` absent: never.
  ServerWatch(boost::asio::io_context& io, std::optional<std::chrono::milliseconds> within,
              std::function<void()> left_alone);
  /// From now on, while no server is there yet.
  void start();
  /// Returns when the server closes the request's connection, or dies.
  net::Task<> hold(net::Exchange& exchange);
  void stop();

 private:
  net::Task<> wait();
  void set_timer(bool alone);

  boost::asio::io_context& io_;
  const std::optional<std::chrono::milliseconds> within_;
  const std::function<void()> left_alone_;
  boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type> timer_;
  int servers_ = 0;
};

}  // namespace wye::vm
