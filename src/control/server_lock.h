#pragma once

#include <sys/types.h>

#include <string>

#include "base/unique_fd.h"
#include "wye/result.h"

namespace wye::control {

/// Writes into the data directory's lock, which the caller holds, who serves it.
Result<void> say_server(int lock, pid_t server);

/// The server of a data directory: a process that the lock names and that holds it.
struct RunningServer {
  pid_t pid = -1;
  UniqueFd process;  ///< A pidfd of it.
};
/// Fails with `not_found` when nobody holds the lock, and with `conflict` (`data_dir_in_use`) when its holder
/// is not a server, or one that cannot be seen from here.
[[nodiscard]] Result<RunningServer> find_server(const std::string& data_dir);

}  // namespace wye::control
