#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "control/store/postgres/connection.h"

namespace wye::control::postgres {

/// A few connections that many threads share. While the database is away, every call fails at once.
/// Thread-safe.
class Pool {
 public:
  Pool(DatabaseAddress address, std::size_t most, Patience patience)
      : address_(std::move(address)), most_(most), patience_(patience) {}

  /// Holds a connection while it lives; then the next caller gets it, unless it was lost.
  class Turn {
   public:
    Turn(Turn&& other) noexcept = default;
    Turn& operator=(Turn&&) = delete;
    ~Turn();
    [[nodiscard]] Connection& operator*() { return *connection_; }
    [[nodiscard]] Connection* operator->() { return connection_.get(); }

   private:
    friend class Pool;
    Turn(Pool& pool, std::unique_ptr<Connection> connection, std::uint64_t generation)
        : pool_(&pool), connection_(std::move(connection)), generation_(generation) {}
    Pool* pool_;
    std::unique_ptr<Connection> connection_;  // null once moved from
    std::uint64_t generation_;
  };
  /// Waits for a connection within the patience. `fresh`: not one that has been idle, since it may have died
  /// unseen.
  [[nodiscard]] Result<Turn> take(bool fresh = false);
  /// Opens a connection for one use, also while the database is away; it takes no place in the pool.
  [[nodiscard]] Result<Connection> open_beside() const { return Connection::open(address_, patience_); }

  /// From now on calls fail with `why`; calls under way go on.
  void set_away(Error why);
  /// From now on the database is used again, through new connections.
  void set_back();
  [[nodiscard]] bool is_away() const;
  /// Sets what is called, on any thread, when a connection was lost or could not be made; the call must be
  /// brief. Set it before others use the pool.
  void on_trouble(std::function<void()> call) { trouble_ = std::move(call); }

  [[nodiscard]] const DatabaseAddress& address() const { return address_; }
  [[nodiscard]] const Patience& patience() const { return patience_; }

 private:
  Result<std::unique_ptr<Connection>> wait_for_place(bool fresh, std::uint64_t& generation);
  void give_back(std::unique_ptr<Connection> connection, std::uint64_t generation);

  const DatabaseAddress address_;
  const std::size_t most_;
  const Patience patience_;
  std::function<void()> trouble_ = [] {};
  mutable std::mutex mutex_;
  std::condition_variable freed_;
  std::vector<std::unique_ptr<Connection>> idle_;  // most recently returned first
  std::size_t places_taken_ = 0;                   // of connections in use or being made
  std::uint64_t generation_ = 0;                   // rises when all connections are to be replaced
  std::optional<Error> away_;
};

}  // namespace wye::control::postgres
