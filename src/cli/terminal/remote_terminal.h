#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "wye/browser_processes.h"

namespace wye::cli {

/// A terminal in a VM with a command on it. It is reached by one call for each thing; a WebSocket may take
/// their place without a change to this interface. One thread reads, another one may write and resize.
class RemoteTerminal {
 public:
  /// Starts the command and opens its output. `stop` ends all waits.
  [[nodiscard]] static Result<RemoteTerminal> start(Processes processes, std::string session_id,
                                                    const SpawnRequest& command, std::stop_token stop);

  /// Waits for what it prints; nothing once the command has ended.
  [[nodiscard]] Result<std::optional<std::string>> read();
  /// Types all of the bytes. What is typed after the command's end is lost, without an error.
  [[nodiscard]] Result<void> write(std::string_view bytes);
  [[nodiscard]] Result<void> resize(TerminalSize size);
  /// Ends the command as a closed terminal does, even after a stop.
  void hang_up();
  /// Returns the command's exit code once `read` has returned nothing.
  [[nodiscard]] std::int64_t exit_code() const { return exit_code_; }
  /// Returns how many bytes of its output came too fast to be kept.
  [[nodiscard]] std::int64_t dropped() const { return output_.dropped(); }

 private:
  RemoteTerminal(Processes processes, std::string session_id, std::string process_id,
                 EventStream<ProcessOutput> output, std::stop_token stop)
      : processes_(std::move(processes)),
        session_id_(std::move(session_id)),
        process_id_(std::move(process_id)),
        output_(std::move(output)),
        stop_(std::move(stop)) {}

  Processes processes_;
  std::string session_id_, process_id_;
  EventStream<ProcessOutput> output_;
  std::stop_token stop_;
  std::int64_t exit_code_ = 0;
};

}  // namespace wye::cli
