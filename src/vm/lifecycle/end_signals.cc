#include "vm/lifecycle/end_signals.h"

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <boost/asio/buffer.hpp>

#include "net/socket.h"

namespace wye::vm {

namespace asio = boost::asio;

EndSignals::EndSignals(asio::io_context& io) : signals_(io.get_executor()) {
  sigset_t ends;
  ::sigemptyset(&ends);
  ::sigaddset(&ends, SIGTERM);
  ::sigaddset(&ends, SIGINT);
  ::sigprocmask(SIG_BLOCK, &ends, nullptr);
  signals_.assign(::signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK));
}

net::Task<bool> EndSignals::wait() {
  const bool is_pid_1 = ::getpid() == 1;
  for (;;) {
    signalfd_siginfo info{};
    const auto [error, size] =
        co_await signals_.async_read_some(asio::buffer(&info, sizeof info), net::kAwait);
    if (error || size != sizeof info) co_return false;
    if (is_from_outside(is_pid_1, info.ssi_code, info.ssi_pid)) co_return true;
  }
}

bool is_from_outside(bool is_pid_1, int code, unsigned sender) {
  return !is_pid_1 || (code == SI_USER && sender == 0);
}

}  // namespace wye::vm
