#pragma once

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <chrono>
#include <list>
#include <memory>
#include <optional>
#include <string>

#include "net/exchange.h"
#include "net/lazy_deadline.h"
#include "net/wakeup.h"
#include "vm/command/commands.h"
#include "vm/command/output_pipe.h"
#include "vm/process/output_ring.h"
#include "wye/process.h"

namespace wye::vm {

/// A spawned process: what it writes, its input, its terminal, and how it has ended. One io_context.
class Process : public std::enable_shared_from_this<Process> {
 public:
  Process(boost::asio::io_context& io, std::string id, std::string started_at,
          std::unique_ptr<Command> command, bool has_terminal);

  /// Begins to read what it writes, and to wait for its end, at which `ended` is called.
  void follow(std::optional<std::chrono::seconds> timeout, std::function<void()> ended);
  /// Ends it, and all that is waited for here.
  void close();

  [[nodiscard]] SpawnResponse description() const;
  [[nodiscard]] ProcessStatus status();
  /// Writes to its input; returns how much of it the process has made room for within that time.
  net::Task<Result<std::size_t>> write_input(std::string bytes, std::chrono::milliseconds within);
  void signal(int number);
  [[nodiscard]] Result<void> resize(TerminalSize size);

  [[nodiscard]] bool has_terminal() const { return has_terminal_; }
  /// Takes the place of the one client that may be attached; false when another one has it.
  [[nodiscard]] bool attach() { return !std::exchange(attached_, true); }
  void detach() { attached_ = false; }

  /// Set once all of its output is in the ring.
  [[nodiscard]] std::optional<int> exit_code() const { return exit_code_; }
  [[nodiscard]] OutputRing& ring() { return ring_; }
  /// Notified when the ring or the exit code have changed.
  net::Wakeup& changed() { return changed_; }

  /// A reader of the ring. While it keeps reading, the process is held up before it laps it; one that takes
  /// nothing for a second loses what is overwritten.
  struct Reader {
    std::uint64_t at = 0;
    std::chrono::steady_clock::time_point moved;
    bool stalled = false;
  };
  std::shared_ptr<Reader> add_reader();
  /// Says that the reader has come to a place.
  void move(Reader& reader, std::uint64_t at);

 private:
  net::Task<> wait(std::function<void()> ended);
  net::Task<> pace();
  [[nodiscard]] bool someone_is_behind();

  boost::asio::io_context& io_;
  const std::string id_, started_at_;
  const std::unique_ptr<Command> command_;
  const bool has_terminal_;
  boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type> input_;
  std::optional<OutputPipe> output_, errors_;
  OutputRing ring_;
  net::Wakeup changed_, moved_, input_free_;
  std::list<std::weak_ptr<Reader>> readers_;
  net::LazyDeadline limit_;
  bool attached_ = false;
  bool writes_ = false;  // a write to the input is under way
  std::optional<int> exit_code_;
  std::chrono::steady_clock::time_point asked_at_;
  std::chrono::microseconds cpu_then_{0};
};

}  // namespace wye::vm
