#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "vm/worker/frame_reader.h"
#include "vm/worker/worker_process.h"

namespace wye::vm {

/// A Node process that runs clients' code. What it sends is hostile; when it breaks its protocol, it is
/// killed. One io_context.
class Worker {
 public:
  static constexpr std::size_t kLargestAnswer = 20u << 20;
  static constexpr std::size_t kLargestCommands = 40u << 20;  ///< That it has not read yet.

  struct Listener {
    std::function<void(WorkerFrame)> frame;
    /// Called with what it writes to its standard output or error; such bytes never wait.
    std::function<void(bool is_error, std::string_view bytes)> output;
    /// Called once, last, when all its processes have ended; with the reason for people.
    std::function<void(std::string why)> ended;
  };

  static Result<std::unique_ptr<Worker>> start(boost::asio::io_context& io, const WorkerOptions& options,
                                               const std::string& program, Listener listener);
  /// Kills it; the listener hears no more.
  ~Worker();

  /// Sends a command, or kills the worker when it has not read far too many.
  void send(std::string_view kind, std::string_view body);
  /// Takes what has been written to its outputs by now.
  void drain();
  /// Kills it with everything that it has started; `ended` follows.
  void kill(std::string why);
  [[nodiscard]] pid_t pid() const;

 private:
  struct Impl;
  explicit Worker(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;  // shared with its coroutines
};

}  // namespace wye::vm
