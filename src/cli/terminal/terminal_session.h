#pragma once

#include <optional>
#include <stop_token>

#include "cli/terminal/local_terminal.h"
#include "cli/terminal/remote_terminal.h"

namespace wye::cli {

/// How a session ended.
struct SessionEnd {
  int signal = 0;         ///< The signal that ended it here; 0: none.
  bool has_left = false;  ///< Whether `~.` was typed.
  std::optional<Error> error;
};

/// Joins a terminal in a VM to standard input and output until its command ends, a signal comes, or `~.` is
/// typed. `stop` is the source of the remote terminal's token: it is requested at the end. Blocks; one second
/// thread reads standard input.
[[nodiscard]] SessionEnd join_terminals(RemoteTerminal& remote, TerminalSignals& signals,
                                        std::stop_source& stop);

}  // namespace wye::cli
