#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <string>

#include "net/wakeup.h"
#include "wye/result.h"

namespace wye::control {

struct TurnLimits {
  std::size_t running = 8;                ///< Calls that run at once.
  std::size_t running_per_key = 8;        ///< Calls of one API key that run at once.
  std::size_t waiting = 64;               ///< Calls that wait for their turn.
  std::size_t waiting_bytes = 32u << 20;  ///< Bytes of their requests that they hold.
  std::chrono::milliseconds wait{25'000};
  /// The answer to calls that are turned away.
  Error busy{.kind = ErrorKind::overloaded,
             .code = "rate_limited",
             .message = "the server is busy; try again",
             .status = 503};
};

/// Bounds how many calls of one kind run at once. The others wait, without a thread, bounded in number, bytes
/// and time. The next turn goes to the waiting key with the fewest running calls; between equals, to the key
/// whose last turn is longest ago; within a key, to the oldest call. When the queue is full, the key with the
/// most waiting calls gives up its last one for a key with fewer. One key may use the whole queue only while
/// no other key wants it.
///
/// One io_context, which goes before the queue does: it holds who waits.
class TurnQueue {
 public:
  TurnQueue(boost::asio::io_context& io, TurnLimits limits) : io_(io), limits_(std::move(limits)) {}
  TurnQueue(const TurnQueue&) = delete;
  TurnQueue& operator=(const TurnQueue&) = delete;

 private:
  struct Key {
    std::size_t running = 0, waiting = 0;
    std::uint64_t last_turn = 0;
  };
  using Keys = std::map<std::string, Key>;  // keys of calls that run or wait
  struct Waiting;

 public:
  /// The right to run; dropping it lets the next one in.
  class Turn {
   public:
    Turn() = default;
    Turn(Turn&& other) noexcept : queue_(std::exchange(other.queue_, nullptr)), key_(other.key_) {}
    Turn& operator=(Turn&& other) noexcept {
      std::swap(queue_, other.queue_);
      std::swap(key_, other.key_);
      return *this;
    }
    ~Turn() {
      if (queue_ != nullptr) queue_->leave(key_);
    }

   private:
    friend class TurnQueue;
    Turn(TurnQueue* queue, Keys::iterator key) : queue_(queue), key_(key) {}
    TurnQueue* queue_ = nullptr;
    Keys::iterator key_;
  };

  /// Waits for its turn. Fails with `limits().busy` when there is no room, or when the turn does not come in
  /// time. `bytes` is what the caller holds meanwhile. A cancelled call leaves the queue.
  net::Task<Result<Turn>> enter(std::string key, std::size_t bytes = 0);

  /// Lets nobody in from now on.
  void close() { closed_ = true; }
  [[nodiscard]] const TurnLimits& limits() const { return limits_; }
  [[nodiscard]] std::size_t running() const { return running_; }
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }
  /// Count calls that were turned away because the queue was full, and because their time in it was over.
  [[nodiscard]] std::uint64_t refused() const { return refused_; }
  [[nodiscard]] std::uint64_t expired() const { return expired_; }

 private:
  [[nodiscard]] bool may_run(const Key& key) const {
    return running_ < limits_.running && key.running < limits_.running_per_key;
  }
  bool make_room(const Key& newcomer, std::size_t bytes);
  Turn give(Keys::iterator key);
  void leave(Keys::iterator key);
  void let_in();
  void forget_if_idle(Keys::iterator key);

  boost::asio::io_context& io_;
  const TurnLimits limits_;
  Keys keys_;
  std::list<Waiting*> waiting_;
  std::size_t running_ = 0, bytes_ = 0;
  std::uint64_t turns_ = 0, refused_ = 0, expired_ = 0;
  bool closed_ = false;
};

}  // namespace wye::control
