#pragma once

#include <memory>
#include <string>

#include "control/store/store.h"

namespace wye::control {

/// The embedded store: one SQLite file in WAL mode; one connection writes, another reads pages of the
/// archive.
[[nodiscard]] Result<std::unique_ptr<Store>> open_sqlite_store(const std::string& path);

}  // namespace wye::control
