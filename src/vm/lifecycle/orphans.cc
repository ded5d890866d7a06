#include "vm/lifecycle/orphans.h"

#include <signal.h>
#include <sys/wait.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "net/socket.h"
#include "vm/lifecycle/own_children.h"

namespace wye::vm {

Orphans::Orphans(boost::asio::io_context& io, std::function<bool(pid_t)> is_ours)
    : io_(io), is_ours_(std::move(is_ours)), children_(io, SIGCHLD) {}

void Orphans::start() { boost::asio::co_spawn(io_, reap(), boost::asio::detached); }

net::Task<> Orphans::reap() {
  for (;;) {
    const auto [error, number] = co_await children_.async_wait(net::kAwait);
    if (error) co_return;
    reap_the_dead();
  }
}

// Looks at a process before it reaps it: one of ours must stay for its own waiter. Behind one of ours the
// kernel shows no other, and no further signal may come for that one.
void Orphans::reap_the_dead() {
  siginfo_t info{};
  while (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0) {
    if (is_ours_(info.si_pid)) break;
    ::waitpid(info.si_pid, nullptr, 0);
    info = {};
  }
  if (info.si_pid == 0) return;
  for (const auto pid : own_children())
    if (!is_ours_(pid)) ::waitpid(pid, nullptr, WNOHANG);
}

}  // namespace wye::vm
