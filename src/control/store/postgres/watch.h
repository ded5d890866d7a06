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
/// with a connection of its own, whose end is an event. While the claim is not held the pool is away, since
/// another server may hold it then.
class Watch {
 public:
  /// `database_in_use` when another server still has the claim after `patience`.
  [[nodiscard]] static Result<std::unique_ptr<Watch>> start(
      Pool& pool, const Log& log, std::chrono::milliseconds patience = std::chrono::seconds(3));
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

 private:
  Watch(Pool& pool, const Log& log, Connection connection);
  void run();
  /// Until the connection has ended or does not answer; false when it is time to stop.
  bool watch_connection();
  /// Until there is a connection with the claim; false when it is time to stop.
  bool come_back();
  void wake();
  /// For news on `socket`, or for `wake`.
  void wait(int socket, std::chrono::milliseconds within);

  Pool& pool_;
  const Log& log_;
  std::optional<Connection> connection_;
  UniqueFd woken_;  // an eventfd: trouble, or the end
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

/// Takes the claim of a server on its database, for as long as the connection lives.
[[nodiscard]] Result<void> claim(Connection& connection);
/// Whether a server has it.
[[nodiscard]] Result<bool> is_claimed(Connection& connection);

}  // namespace wye::control::postgres
