#include "control/create_queue.h"

namespace wye::control {
namespace {

Error turned_away(const char* why) {
  return {.kind = ErrorKind::overloaded, .code = "capacity_exhausted", .message = why, .status = 529};
}

}  // namespace

// Leaves the queue when its coroutine ends, whatever ended it; a turn that was given and not taken is passed
// on.
struct CreateQueue::Waiting {
  Waiting(CreateQueue& in, std::size_t held)
      : queue(in), bytes(held), wakeup(in.io_), place(in.waiting_.insert(in.waiting_.end(), this)) {
    queue.bytes_ += bytes;
  }
  ~Waiting() {
    if (!admitted) queue.waiting_.erase(place);
    queue.bytes_ -= bytes;
  }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

  CreateQueue& queue;
  const std::size_t bytes;
  net::Wakeup wakeup;
  bool admitted = false;
  Turn turn;
  std::list<Waiting*>::iterator place;
};

net::Task<Result<CreateQueue::Turn>> CreateQueue::enter(std::size_t bytes) {
  if (running_ < limits_.running && waiting_.empty()) {
    ++running_;
    co_return Turn(this);
  }
  if (waiting_.size() >= limits_.waiting || bytes_ + bytes > limits_.waiting_bytes) {
    ++refused_;
    co_return turned_away("too many browsers wait to be created; try again");
  }
  Waiting self(*this, bytes);
  const auto until = std::chrono::steady_clock::now() + limits_.wait;
  while (!self.admitted) {
    const bool notified = co_await self.wakeup.wait(until);
    if (notified || self.admitted) continue;
    ++expired_;
    co_return turned_away("too many browsers are being created; try again");
  }
  co_return std::move(self.turn);
}

void CreateQueue::leave() {
  --running_;
  if (closed_ || waiting_.empty() || running_ >= limits_.running) return;
  auto* next = waiting_.front();
  waiting_.pop_front();
  next->admitted = true;
  next->turn = Turn(this);
  ++running_;
  next->wakeup.notify();
}

}  // namespace wye::control
