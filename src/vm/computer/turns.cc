#include "vm/computer/turns.h"

namespace wye::vm {

using std::chrono::steady_clock;

namespace {

Error busy(std::string why) {
  return {.kind = ErrorKind::overloaded, .code = "rate_limited", .message = std::move(why), .status = 429};
}

Error client_is_gone() {
  return {.kind = ErrorKind::cancelled, .code = "cancelled", .message = "the client is gone"};
}

}  // namespace

net::Task<Result<void>> Turns::Turn::wait(const Caller& caller) {
  if (turns_.queue_.size() > turns_.most_waiting_ + 1)
    co_return busy("too many calls wait for mouse and keyboard; try again");
  const auto until = steady_clock::now() + turns_.longest_;
  while (turns_.queue_.front() != this && !caller.gone && steady_clock::now() < until)
    co_await turns_.changed_.wait(until);
  if (caller.gone) co_return client_is_gone();
  if (turns_.queue_.front() != this) co_return busy("another call holds mouse and keyboard; try again");
  co_return Result<void>();
}

net::Task<Result<void>> Turns::pause(std::chrono::milliseconds length, const Caller& caller) {
  return pause_until(steady_clock::now() + length, caller);
}

net::Task<Result<void>> Turns::pause_until(steady_clock::time_point until, const Caller& caller) {
  while (!caller.gone && steady_clock::now() < until) co_await changed_.wait(until);
  if (caller.gone) co_return client_is_gone();
  co_return Result<void>();
}

}  // namespace wye::vm
