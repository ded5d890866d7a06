#pragma once

#include <memory>
#include <string>

#include "base/unique_fd.h"
#include "control/store/store.h"

namespace wye::control {

// The data directory: `wye.db`, `sessions/`, `lock`. Who can write in it can read every key's hash, forge
// tokens and hand the server a database: it is ours alone.

[[nodiscard]] std::string database_in(const std::string& data_dir);

/// That it is a directory of the calling user which nobody else may write to; errors name the next step.
/// `not_found` when there is none.
[[nodiscard]] Result<void> check_data_dir(const std::string& data_dir);
/// Makes it where there is none (mode 0700), else checks it and takes other users' right to read away.
Result<void> prepare_data_dir(const std::string& data_dir);
/// One process serves or replaces a data directory; the lock goes with the descriptor. `conflict`
/// (`data_dir_in_use`) while another has it.
[[nodiscard]] Result<UniqueFd> lock_data_dir(const std::string& data_dir);

/// For commands that work on the store, also beside a server. An older schema is brought up to date only
/// when nobody serves the directory.
[[nodiscard]] Result<std::unique_ptr<Store>> open_beside_server(const std::string& data_dir, bool create);

}  // namespace wye::control
