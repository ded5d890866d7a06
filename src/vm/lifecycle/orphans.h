#pragma once

#include <sys/types.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <functional>

#include "net/exchange.h"

namespace wye::vm {

/// Reaps the processes that pid 1 inherits, except for those that other code waits for by pid.
class Orphans {
 public:
  /// `is_ours` tells whether other code waits for the pid.
  Orphans(boost::asio::io_context& io, std::function<bool(pid_t)> is_ours);
  /// Reaps from now on until the io_context stops. For pid 1 alone.
  void start();

 private:
  net::Task<> reap();
  void reap_the_dead();

  boost::asio::io_context& io_;
  const std::function<bool(pid_t)> is_ours_;
  boost::asio::basic_signal_set<boost::asio::io_context::executor_type> children_;
};

}  // namespace wye::vm
