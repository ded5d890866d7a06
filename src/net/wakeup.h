#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/deferred.hpp>
#include <chrono>
#include <list>

#include "net/exchange.h"

namespace wye::net {

/// Lets coroutines of one io_context wait for "something changed" with a deadline. Waiters look at the state
/// themselves when they wake. Must outlive its waiters.
class Wakeup {
 public:
  using Clock = std::chrono::steady_clock;
  explicit Wakeup(boost::asio::io_context& io) : executor_(io.get_executor()) {}

  /// Returns true when it was notified, false at the deadline. Cancellable.
  Task<bool> wait(Clock::time_point until = Clock::time_point::max()) {
    waiting_.emplace_back(executor_, until);
    const Entry entry{waiting_, std::prev(waiting_.end())};
    const auto [error] = co_await entry.timer->async_wait(boost::asio::as_tuple(boost::asio::deferred));
    co_return static_cast<bool>(error);
  }
  void notify() { notify_first(waiting_.size()); }
  /// Wakes `count` waiters at most, the longest waiting first. They leave the queue as they run.
  std::size_t notify_first(std::size_t count) {
    std::size_t woken = 0;
    for (auto timer = waiting_.begin(); timer != waiting_.end() && woken < count; ++timer, ++woken)
      timer->cancel();
    return woken;
  }
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }

 private:
  using Timer = boost::asio::basic_waitable_timer<Clock, boost::asio::wait_traits<Clock>,
                                                  boost::asio::io_context::executor_type>;
  struct Entry {
    std::list<Timer>& all;
    std::list<Timer>::iterator timer;
    ~Entry() { all.erase(timer); }
  };
  boost::asio::io_context::executor_type executor_;
  std::list<Timer> waiting_;
};

}  // namespace wye::net
