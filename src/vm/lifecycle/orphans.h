#pragma once

#include <sys/types.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <functional>

#include "net/exchange.h"

namespace wye::vm {

/// Waits for the processes that pid 1 inherits, but not for those that somebody here waits for by pid.
class Orphans {
 public:
  /// `is_ours`: whether the pid is waited for elsewhere.
  Orphans(boost::asio::io_context& io, std::function<bool(pid_t)> is_ours);
  /// From now on, until the io_context stops. For pid 1 alone.
  void start();

 private:
  net::Task<> reap();

  boost::asio::io_context& io_;
  const std::function<bool(pid_t)> is_ours_;
  boost::asio::basic_signal_set<boost::asio::io_context::executor_type> children_;
};

}  // namespace wye::vm
