#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <list>
#include <string>

#include "net/wakeup.h"
#include "wye/result.h"

namespace wye::vm {

/// A call that may end early because its client went away. Lives as long as the call.
struct Caller {
  bool gone = false;
};

/// Lets calls take turns, in the order in which they came. Must outlive its turns. One io_context.
class Turns {
 public:
  /// `most_waiting` calls wait at most, each at most `longest`.
  Turns(boost::asio::io_context& io, std::size_t most_waiting, std::chrono::milliseconds longest)
      : most_waiting_(most_waiting), longest_(longest), changed_(io) {}

  /// A place in the queue; the call's turn once `wait` has returned no error. Leaves the queue with its end.
  class Turn {
   public:
    explicit Turn(Turns& turns) : turns_(turns), at_(turns.queue_.insert(turns.queue_.end(), this)) {}
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    ~Turn() {
      turns_.queue_.erase(at_);
      turns_.changed_.notify();
    }
    /// `overloaded` (429) when too many wait or the wait was too long; `cancelled` when the caller is gone.
    net::Task<Result<void>> wait(const Caller& caller);

   private:
    Turns& turns_;
    std::list<Turn*>::iterator at_;
  };

  /// Waits, for a call in its turn; ends early when the caller is gone, with `cancelled`.
  net::Task<Result<void>> pause(std::chrono::milliseconds length, const Caller& caller);
  net::Task<Result<void>> pause_until(std::chrono::steady_clock::time_point until, const Caller& caller);
  /// Tells that a caller is gone.
  void notify() { changed_.notify(); }

 private:
  const std::size_t most_waiting_;
  const std::chrono::milliseconds longest_;
  std::list<Turn*> queue_;  // the first one has its turn
  net::Wakeup changed_;
};

}  // namespace wye::vm
