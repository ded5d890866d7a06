#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include "net/exchange.h"

namespace wye::vm {

/// SIGTERM and SIGINT from outside the VM. Those of the VM's own processes are ignored: commands, their root
/// too, must not end the agent. From its construction on, both signals are blocked in this thread.
class EndSignals {
 public:
  explicit EndSignals(boost::asio::io_context& io);
  /// Waits for one; false when it cannot wait.
  net::Task<bool> wait();

 private:
  boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type> signals_;
};

/// Tells whether a signal came from outside: the kernel then names no sender, since this process sees none. A
/// process that is not pid 1 has no outside, and obeys everybody. Pure.
[[nodiscard]] bool is_from_outside(bool is_pid_1, int code, unsigned sender);

}  // namespace wye::vm
