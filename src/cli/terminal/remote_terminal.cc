#include "cli/terminal/remote_terminal.h"

#include "base/try.h"

namespace wye::cli {
namespace {

constexpr std::chrono::seconds kHangUpWithin{5};

bool is_over(const Error& error) { return error.code == "process_exited" || error.code == "stdin_closed"; }

}  // namespace

Result<RemoteTerminal> RemoteTerminal::start(Processes processes, std::string session_id,
                                             const SpawnRequest& command, std::stop_token stop) {
  WYE_TRY(const auto spawned, processes.spawn(session_id, command, {.stop = stop}));
  auto output = processes.output(session_id, spawned.process_id, {.stop = stop});
  if (!output) {
    (void)processes.kill(session_id, spawned.process_id, ProcessSignal::hang_up, {.timeout = kHangUpWithin});
    return output.error();
  }
  return RemoteTerminal(std::move(processes), std::move(session_id), spawned.process_id, std::move(*output),
                        std::move(stop));
}

Result<std::optional<std::string>> RemoteTerminal::read() {
  WYE_TRY(auto piece, output_.next());
  if (!piece) return std::optional<std::string>();
  if (!piece->exit_code) return std::optional<std::string>(std::move(piece->bytes));
  exit_code_ = *piece->exit_code;
  return std::optional<std::string>();
}

Result<void> RemoteTerminal::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto taken = processes_.write_stdin(session_id_, process_id_, bytes, {.stop = stop_});
    if (!taken && is_over(taken.error())) return {};
    if (!taken) return taken.error();
    bytes.remove_prefix(static_cast<std::size_t>(*taken));
  }
  return {};
}

Result<void> RemoteTerminal::resize(TerminalSize size) {
  const auto done = processes_.resize(session_id_, process_id_, size, {.stop = stop_});
  if (!done && !is_over(done.error())) return done.error();
  return {};
}

void RemoteTerminal::hang_up() {
  (void)processes_.kill(session_id_, process_id_, ProcessSignal::hang_up, {.timeout = kHangUpWithin});
}

}  // namespace wye::cli
