#pragma once

#include <functional>
#include <memory>

#include "net/socket.h"

namespace wye::net {

/// One deadline of a connection. Each request moves it at the price of a clock reading: the timer is set
/// again only when it fires too early. The call is made on the io_context's thread, never after the object is
/// gone.
class LazyDeadline {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  LazyDeadline(boost::asio::io_context& io, std::function<void()> passed)
      : state_(std::make_shared<State>(io, std::move(passed))) {}
  ~LazyDeadline() { cancel(); }
  LazyDeadline(const LazyDeadline&) = delete;
  LazyDeadline& operator=(const LazyDeadline&) = delete;

  void set(std::chrono::milliseconds limit) {
    if (!state_->passed) return;  // cancelled for good
    state_->deadline = std::chrono::steady_clock::now() + limit;
    if (state_->deadline < state_->timer_at) arm(state_);
  }
  void clear() { state_->deadline = TimePoint::max(); }
  /// Ends it for good: the io_context is not kept running by it.
  void cancel() {
    state_->deadline = TimePoint::max();
    state_->passed = nullptr;
    state_->timer.cancel();
  }

 private:
  struct State {
    State(boost::asio::io_context& io, std::function<void()> call)
        : timer(io.get_executor()), passed(std::move(call)) {}
    Timer timer;
    TimePoint deadline = TimePoint::max();
    TimePoint timer_at = TimePoint::max();
    std::function<void()> passed;
  };
  static void arm(const std::shared_ptr<State>& state);

  std::shared_ptr<State> state_;  // shared with the timer's handler, which may be queued when the owner goes
};

}  // namespace wye::net
