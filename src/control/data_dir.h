#pragma once

#include <memory>
#include <string>

#include "base/unique_fd.h"
#include "control/store/store.h"

namespace wye::control {

// The data directory holds `wye.db`, `sessions/` and `lock`. A user who can write in it can read every key's
// hash, forge tokens and hand the server a database, so it must be ours alone.

[[nodiscard]] std::string database_in(const std::string& data_dir);

/// Checks that it is a directory of the calling user which nobody else may write to; errors name the next
/// step. `not_found` when there is none.
[[nodiscard]] Result<void> check_data_dir(const std::string& data_dir);
/// Makes the directory where there is none (mode 0700); else checks it and takes other users' right to read
/// away.
Result<void> prepare_data_dir(const std::string& data_dir);
/// Locks a data directory, which one process serves or replaces; the lock ends with the descriptor.
/// `conflict` (`data_dir_in_use`) while another process has it.
[[nodiscard]] Result<UniqueFd> lock_data_dir(const std::string& data_dir);

/// Opens the store for a command, also beside a server. An older schema is brought up to date only when
/// nobody serves the directory.
[[nodiscard]] Result<std::unique_ptr<Store>> open_beside_server(const std::string& data_dir, bool create);

}  // namespace wye::control
