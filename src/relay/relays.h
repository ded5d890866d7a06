#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "base/log.h"
#include "base/unique_fd.h"
#include "relay/link_message.h"
#include "wye/result.h"

namespace wye::relay {

struct RelayParts;

struct RelaysOptions {
  std::string directory;  ///< Of this server's own; made when it is missing. Sockets of relay processes.
  std::string program;    ///< `wye-relay`.
  std::uint64_t first_number = 0;  ///< Above those of every earlier server: the time, say.
  std::size_t most = 0;            ///< WebSockets of a process; 0: as many as it can.
};

/// The server's side of the relay processes of this machine: one that takes new WebSockets, and those that
/// earlier servers have left. Thread-safe.
class Relays {
 public:
  /// What is kept here as long as a WebSocket lives; it is let go on a thread of this object's.
  using Kept = std::shared_ptr<void>;
  /// Is asked for what is to be kept for a WebSocket that an earlier server has left; null: its session has
  /// ended, and it ends too.
  using Adopt = std::function<Kept(const std::string& session)>;

  Relays(RelaysOptions options, const Log& log);
  ~Relays() { stop(); }

  /// Finds the processes that are left and what they relay; starts one if none takes new WebSockets. Where
  /// none can be started, that is logged, and nothing can be handed on.
  Result<void> start(Adopt adopt);
  /// WebSockets live on.
  void stop();

  /// Copies the descriptors to the process that takes new ones; false when there is none now, or it is full:
  /// the parts are then as they were. `kept` is let go when the WebSocket has ended.
  [[nodiscard]] bool hand_on(const std::string& session, const RelayParts& parts, Kept kept);
  /// Ends the WebSockets of a session with 1001. Does not wait.
  void end_session(const std::string& session);
  /// How many live.
  [[nodiscard]] std::size_t open() const;

 private:
  struct Process {
    std::string path;
    UniqueFd link;
    pid_t pid = -1;  // of one that this server has started
    std::uint64_t most = 0;
    std::map<std::uint64_t, Kept> open;
  };
  struct Child {
    pid_t pid = -1;
    UniqueFd process;
  };
  using Processes = std::vector<std::unique_ptr<Process>>;

  Result<void> start_process();
  void find_strays(std::chrono::milliseconds patience);
  [[nodiscard]] Result<std::unique_ptr<Process>> greet(std::string path,
                                                       std::chrono::steady_clock::time_point until);
  void follow();
  void hear(Process& process, std::vector<Kept>& released);
  void lose(std::size_t index, std::vector<Kept>& released);
  [[nodiscard]] bool send(Process& process, const LinkMessage& message,
                          std::span<const int> descriptors = {});

  const RelaysOptions options_;
  const Log& log_;
  // Of `start`, then of the thread.
  Adopt adopt_;
  std::vector<std::string> strays_;  // sockets of processes of earlier servers that are not taken over yet
  std::vector<Child> children_;      // started here, and not reaped yet
  UniqueFd wake_;
  std::thread thread_;
  mutable std::mutex mutex_;  // guards what follows
  Processes processes_;       // the first takes new WebSockets, if it is `takes_new_`
  Process* takes_new_ = nullptr;
  std::uint64_t next_number_;
  bool stopping_ = false;
};

}  // namespace wye::relay
