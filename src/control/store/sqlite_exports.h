#pragma once

#include <memory>
#include <mutex>

#include "control/store/export_store.h"
#include "control/store/sqlite_database.h"

namespace wye::control {

/// `writer` is used under `mutex`, and both must outlive the store; it owns `reader`.
[[nodiscard]] std::unique_ptr<ExportStore> make_sqlite_exports(Database& writer, std::mutex& mutex,
                                                               Database reader);

}  // namespace wye::control
