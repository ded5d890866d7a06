#pragma once

#include <memory>
#include <string>

#include "control/store/sqlite_database.h"
#include "control/store/store.h"

namespace wye::control {

/// The embedded store: one SQLite file in WAL mode; one connection writes, others read pages of the archive
/// and keys.
[[nodiscard]] Result<std::unique_ptr<Store>> open_sqlite_store(const std::string& path,
                                                               const OpenOptions& options = {});

}  // namespace wye::control
