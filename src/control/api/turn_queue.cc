#include "control/api/turn_queue.h"

#include <tuple>

namespace wye::control {

// Leaves the queue when its coroutine ends, for any reason; a turn that was given and not taken is passed on.
struct TurnQueue::Waiting {
  Waiting(TurnQueue& in, Keys::iterator of, std::size_t held)
      : queue(in), key(of), bytes(held), wakeup(in.io_), place(in.waiting_.insert(in.waiting_.end(), this)) {
    ++key->second.waiting;
    queue.bytes_ += bytes;
  }
  ~Waiting() {
    if (queued) leave_queue();
  }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

  void leave_queue() {
    queued = false;
    queue.waiting_.erase(place);
    queue.bytes_ -= bytes;
    --key->second.waiting;
    queue.forget_if_idle(key);
  }

  TurnQueue& queue;
  const Keys::iterator key;
  const std::size_t bytes;
  net::Wakeup wakeup;
  bool queued = true;  // else it has its turn, or has given up its place
  bool admitted = false;
  Turn turn;
  std::list<Waiting*>::iterator place;
};

net::Task<Result<TurnQueue::Turn>> TurnQueue::enter(std::string key, std::size_t bytes) {
  const auto known = keys_.try_emplace(std::move(key)).first;
  if (may_run(known->second) && known->second.waiting == 0) co_return give(known);
  if (closed_ || !make_room(known->second, bytes)) {
    ++refused_;
    forget_if_idle(known);
    co_return limits_.busy;
  }
  Waiting self(*this, known, bytes);
  const auto until = std::chrono::steady_clock::now() + limits_.wait;
  while (self.queued) {
    const bool notified = co_await self.wakeup.wait(until);
    if (notified || !self.queued) continue;
    ++expired_;
    co_return limits_.busy;
  }
  if (!self.admitted) co_return limits_.busy;
  co_return std::move(self.turn);
}

bool TurnQueue::make_room(const Key& newcomer, std::size_t bytes) {
  while (waiting_.size() >= limits_.waiting || bytes_ + bytes > limits_.waiting_bytes) {
    Waiting* last = nullptr;
    for (auto* const one : waiting_)
      if (last == nullptr || one->key->second.waiting >= last->key->second.waiting) last = one;
    // After it gives up a call, it must still have no fewer waiting than the newcomer will.
    if (last == nullptr || last->key->second.waiting <= newcomer.waiting + 1) return false;
    ++refused_;
    last->leave_queue();
    last->wakeup.notify();
  }
  return true;
}

TurnQueue::Turn TurnQueue::give(Keys::iterator key) {
  ++running_;
  ++key->second.running;
  key->second.last_turn = ++turns_;
  return {this, key};
}

void TurnQueue::leave(Keys::iterator key) {
  --running_;
  --key->second.running;
  let_in();
  forget_if_idle(key);
}

void TurnQueue::let_in() {
  if (closed_) return;
  const auto rank = [](const Waiting* one) {
    const auto& key = one->key->second;
    return std::tuple(key.running, key.last_turn);
  };
  Waiting* next = nullptr;
  for (auto* const one : waiting_)
    if (may_run(one->key->second) && (next == nullptr || rank(one) < rank(next))) next = one;
  if (next == nullptr) return;
  next->admitted = true;
  next->turn = give(next->key);  // before the call leaves: the key is remembered for it
  next->leave_queue();
  next->wakeup.notify();
}

void TurnQueue::forget_if_idle(Keys::iterator key) {
  if (key->second.running == 0 && key->second.waiting == 0) keys_.erase(key);
}

}  // namespace wye::control
