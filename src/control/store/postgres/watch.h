#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "base/log.h"
#include "base/unique_fd.h"
#include "control/store/postgres/pool.h"

namespace wye::control::postgres {

/// Keeps a server's claim on its database, and notices when the database goes away and comes back: a thread
/// with its own connection, whose end is an event. While the claim is not held the pool is away, since
/// another server may hold it then.
class Watch {
 public:
  /// Fails with `database_in_use` when another server still has the claim after `patience`.
  [[nodiscard]] static Result<std::unique_ptr<Watch>> start(
      Pool& pool, const Log& log, std::chrono::milliseconds patience = std::chrono::seconds(3));
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

 private:
  Watch(Pool& pool, const Log& log, Connection connection);
  void run();
  /// Waits until the connection has ended or does not answer; false when it is time to stop.
  bool watch_connection();
  /// Waits until there is a connection with the claim; false when it is time to stop.
  bool come_back();
  void wake();
  /// Waits for events on `socket`, or for `woken_`.
  void wait(int socket, std::chrono::milliseconds within);

  Pool& pool_;
  const Log& log_;
  std::optional<Connection> connection_;
  UniqueFd woken_;  // an eventfd: the pool had trouble, or this ends
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

/// Takes a server's claim on its database; it lasts as long as the connection.
[[nodiscard]] Result<void> claim(Connection& connection);
/// Tells whether a server has the claim.
[[nodiscard]] Result<bool> is_claimed(Connection& connection);

}  // namespace wye::control::postgres
