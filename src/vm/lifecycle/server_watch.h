#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <chrono>
#include <functional>
#include <optional>

#include "net/exchange.h"

namespace wye::vm {

/// Knows whether there is a server: each keeps one request open here (`hold`). When there has been none for
/// long enough, it calls `left_alone` once. Time in which the machine sleeps counts. On the agent's thread
/// alone.
class ServerWatch {
 public:
  /// How long the first server may take: it holds its agents once they are live, and making one may take
  /// longer than `within`.
  static constexpr std::chrono::milliseconds kFirstServerWithin{60'000};

  /// Without `within`, never calls `left_alone`.
  ServerWatch(boost::asio::io_context& io, std::optional<std::chrono::milliseconds> within,
              std::function<void()> left_alone, std::chrono::milliseconds first_within = kFirstServerWithin);
  /// Counts from now on. The first server has at least `first_within`.
  void start();
  /// Returns when the server closes the request's connection, or dies.
  net::Task<> hold(net::Exchange& exchange);
  void stop();

 private:
  net::Task<> wait();
  void set_timer(std::chrono::milliseconds to);  // 0 stops it

  boost::asio::io_context& io_;
  const std::optional<std::chrono::milliseconds> within_;
  const std::function<void()> left_alone_;
  const std::chrono::milliseconds first_within_;
  boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type> timer_;
  int servers_ = 0;
};

}  // namespace wye::vm
