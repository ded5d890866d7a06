#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "wye/browsers.h"
#include "wye/event_stream.h"
#include "wye/process.h"

namespace wye {

/// How a command ended, and what it wrote.
struct ExecResult {
  std::int64_t exit_code = 0;    ///< −1: a signal ended it.
  std::string output;            ///< What it wrote to its standard output; the first 64 MiB of it.
  std::string errors;            ///< And to its standard error, likewise.
  std::int64_t duration_ms = 0;  ///< Milliseconds from its start to its end.
  bool truncated = false;        ///< Whether it wrote more than was kept.
};

/// Commands in a browser's VM (wire-api §6; docs/process.md): `client.browsers().process()`. Like the client
/// that made it, thread-safe and cheap to copy. Calls go straight to the VM where a route is known. A gone
/// browser is `not_found` with the code `browser_gone`: none of these calls has another answer than the VM's.
/// At most 128 commands run in a VM at once (`overloaded` beyond, code `concurrency_limit`).
class Processes {
 public:
  explicit Processes(std::shared_ptr<ClientCore> core) : core_(std::move(core)) {}

  /// Runs a command to its end. A client that goes away ends it, so a call whose `timeout` is absent waits at
  /// least 15 s longer than `timeout_sec`. Never sent again once it may have run. Errors, all but the last
  /// `invalid`: `command_not_found`, `not_executable`, `bad_directory`, `arguments_too_large`; and
  /// `process_timed_out` (`internal`) after `timeout_sec`.
  Result<Reached<ExecResult>> exec(const std::string& id_or_name, const ExecRequest& request,
                                   CallOptions call = {}) const;
  /// Starts a command that goes on running. Errors as in `exec`. Never sent again once it may have run.
  Result<Reached<SpawnResponse>> spawn(const std::string& id_or_name, const SpawnRequest& request,
                                       CallOptions call = {}) const;
  /// Reads the state of a spawned process; `not_found` for one that ended more than ten minutes ago.
  Result<Reached<ProcessStatus>> status(const std::string& id_or_name, const std::string& process_id,
                                        CallOptions call = {}) const;
  /// Writes to its standard input and returns the number of bytes that it has taken: fewer than given when it
  /// does not read them within 30 s. 1 byte to 6 MiB a call. `process_exited` and `stdin_closed` are
  /// `invalid`. There is no end of input, save a terminal's own character for it (Ctrl-D, `\x04`).
  Result<std::int64_t> write_stdin(const std::string& id_or_name, const std::string& process_id,
                                   std::string_view bytes, CallOptions call = {}) const;
  /// Sends a signal to the process and all that it has started. One that has ended takes it without an error.
  Result<RouteInfo> kill(const std::string& id_or_name, const std::string& process_id,
                         ProcessSignal signal = ProcessSignal::terminate, CallOptions call = {}) const;
  /// Changes the size of its terminal; `not_a_terminal` (`invalid`) when it has none.
  Result<RouteInfo> resize(const std::string& id_or_name, const std::string& process_id, TerminalSize size,
                           CallOptions call = {}) const;
  /// Opens what it writes: the last MiB so far, then what comes, and its exit last. May be opened again and
  /// by several, also after the exit. A reader that falls behind by more than a MiB misses bytes, which
  /// `EventStream::dropped` counts. A stream that ends before the exit is `disconnected` (`stream_ended`).
  /// The timeout of `call` bounds only the opening.
  Result<EventStream<ProcessOutput>> output(const std::string& id_or_name, const std::string& process_id,
                                            CallOptions call = {}) const;

 private:
  std::shared_ptr<ClientCore> core_;
};

}  // namespace wye
