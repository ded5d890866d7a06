#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>

#include "control/api/turn_queue.h"
#include "control/api/workers.h"

namespace wye::control {

/// What a call waits for. Each kind has turns and threads of its own, so that calls that wait for something
/// outside hold up no others.
enum class TurnKind {
  records,  ///< The store and the archive.
  agents,   ///< Updates of browsers.
  tests,    ///< Tests of export destinations.
  creates,  ///< Creates of browsers.
};

struct TurnOptions {
  TurnLimits records{.running = 16, .running_per_key = 12, .waiting = 240};
  TurnLimits agents{.running = 16, .running_per_key = 8};
  TurnLimits tests{.running = 8, .running_per_key = 4, .waiting = 16};
  TurnLimits creates{.busy = {.kind = ErrorKind::overloaded,
                              .code = "capacity_exhausted",
                              .message = "too many browsers are being created; try again",
                              .status = 529}};
};

/// Runs the blocking calls of the control plane on workers, each at its turn. A call that waits for its turn
/// has no thread. One io_context, which is destroyed before the turns are.
class Turns {
 public:
  Turns(boost::asio::io_context& io, const TurnOptions& options, const Log& log);

  /// Runs a call at its turn; fails with the queue's `busy` when there is none. `key` is the id of the API
  /// key.
  template <class T>
  net::Task<Result<T>> run(TurnKind kind, std::string key, std::function<Result<T>()> call) {
    auto turn = co_await queue(kind).enter(std::move(key));
    if (!turn) co_return turn.error();
    co_return co_await workers_.run<T>(std::move(call));
  }
  /// Does the same for an exchange's answer. Returns nothing when the client goes away before its turn.
  /// `bytes` is what the request holds meanwhile.
  net::Task<std::optional<Result<net::Response>>> answer(net::Exchange& exchange, TurnKind kind,
                                                         std::string key, std::size_t bytes,
                                                         std::function<Result<net::Response>()> call);

  [[nodiscard]] TurnQueue& queue(TurnKind kind) { return queues_.at(static_cast<std::size_t>(kind)); }
  [[nodiscard]] const TurnQueue& queue(TurnKind kind) const {
    return queues_.at(static_cast<std::size_t>(kind));
  }
  [[nodiscard]] Workers& workers() { return workers_; }
  [[nodiscard]] boost::asio::io_context& io() { return io_; }
  /// Lets nobody in from now on. Call it on the loop's thread.
  void close();
  /// Lets no call begin from now on, and waits for those that run.
  void stop() { workers_.stop(); }

 private:
  boost::asio::io_context& io_;
  std::array<TurnQueue, 4> queues_;
  Workers workers_;
};

}  // namespace wye::control
