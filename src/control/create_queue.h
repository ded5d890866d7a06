#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>

#include "net/wakeup.h"
#include "wye/result.h"

namespace wye::control {

struct CreateLimits {
  std::size_t running = 8;                   ///< Browsers that start at once.
  std::size_t waiting = 64;                  ///< Creates that wait for their turn.
  std::size_t waiting_bytes = 32u << 20;     ///< What the waiting ones hold of their requests.
  std::chrono::milliseconds wait{25'000};    ///< In the queue.
  std::chrono::milliseconds answer{50'000};  ///< From its arrival to its answer (wire-api §1).
};

/// Lets creates in one after another, so many at once; the others wait, first come first served, bounded in
/// number, bytes and time. One io_context, which goes before it does: it holds who waits.
class CreateQueue {
 public:
  CreateQueue(boost::asio::io_context& io, CreateLimits limits) : io_(io), limits_(limits) {}
  CreateQueue(const CreateQueue&) = delete;
  CreateQueue& operator=(const CreateQueue&) = delete;

  /// The right to create; dropping it lets the next one in.
  class Turn {
   public:
    Turn() = default;
    explicit Turn(CreateQueue* queue) : queue_(queue) {}
    Turn(Turn&& other) noexcept : queue_(std::exchange(other.queue_, nullptr)) {}
    Turn& operator=(Turn&& other) noexcept {
      std::swap(queue_, other.queue_);
      return *this;
    }
    ~Turn() {
      if (queue_ != nullptr) queue_->leave();
    }

   private:
    CreateQueue* queue_ = nullptr;
  };

  /// Waits for its turn; `overloaded` (529) when the queue is full or the turn does not come in time. `bytes`
  /// are what the caller holds meanwhile. Who is cancelled leaves the queue.
  net::Task<Result<Turn>> enter(std::size_t bytes);

  /// Nobody is let in any more.
  void close() { closed_ = true; }
  [[nodiscard]] const CreateLimits& limits() const { return limits_; }
  [[nodiscard]] std::size_t running() const { return running_; }
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }
  /// Turned away because the queue was full, and because their time in it was over.
  [[nodiscard]] std::uint64_t refused() const { return refused_; }
  [[nodiscard]] std::uint64_t expired() const { return expired_; }

 private:
  struct Waiting;
  void leave();

  boost::asio::io_context& io_;
  const CreateLimits limits_;
  std::list<Waiting*> waiting_;
  std::size_t running_ = 0, bytes_ = 0;
  std::uint64_t refused_ = 0, expired_ = 0;
  bool closed_ = false;
};

}  // namespace wye::control
