#pragma once

#include <sys/types.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <optional>

#include "base/log.h"
#include "base/unique_fd.h"
#include "net/exchange.h"
#include "vm/command/command_spec.h"
#include "vm/command/command_user.h"

namespace wye::vm {

/// What a running command uses.
struct CommandUse {
  std::chrono::microseconds cpu{0};
  std::int64_t resident_bytes = 0;
};

/// A program that runs, or has ended. When its first process ends, or its owner drops it, every process that
/// it has started is killed, wherever it has gone. One io_context.
class Command {
 public:
  struct State;
  explicit Command(std::shared_ptr<State> state);
  ~Command();
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;

  [[nodiscard]] pid_t pid() const;
  /// The pipes of the command, each to be taken once; with a terminal only its controlling side.
  [[nodiscard]] UniqueFd take_input();
  [[nodiscard]] UniqueFd take_output();
  [[nodiscard]] UniqueFd take_errors();
  [[nodiscard]] UniqueFd take_terminal();

  /// Sends a signal to its process group; nothing once it has ended.
  void signal(int number);
  /// Ends it and all that it has started.
  void kill();
  /// Waits until it has ended and none of its processes is left.
  net::Task<> wait();
  /// The exit code, −1 for a death by signal; nothing while it runs.
  [[nodiscard]] std::optional<int> exit_code() const;
  /// What its first process uses now.
  [[nodiscard]] CommandUse use() const;

 private:
  std::shared_ptr<State> state_;  // shared with the coroutine that looks after the process
};

/// Runs programs that clients name, with no more rights than they must have (`launch_command`), and sees to
/// it that nothing of them stays. One io_context.
class Commands {
 public:
  static constexpr std::size_t kMostAtOnce = 128;

  Commands(boost::asio::io_context& io, VmUsers users, const Log& log);
  ~Commands();

  [[nodiscard]] const VmUsers& users() const;
  /// Runs a program; 400 when it cannot be run as it is named, 429 when too many run.
  net::Task<Result<std::unique_ptr<Command>>> start(CommandSpec spec);
  /// Tells whether this object waits for the process.
  [[nodiscard]] bool owns(pid_t pid) const;
  [[nodiscard]] std::size_t running() const;

  struct All;

 private:
  std::shared_ptr<All> all_;  // shared with commands, whose coroutines may end a turn after this object
};

}  // namespace wye::vm
