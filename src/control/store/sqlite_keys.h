#pragma once

#include <memory>
#include <mutex>

#include "control/store/key_store.h"
#include "control/store/sqlite_database.h"

namespace wye::control {

/// `writer` is used under `mutex`, and both must outlive the store; it owns `reader`, so that requests are
/// authenticated while the writer is busy.
[[nodiscard]] std::unique_ptr<KeyStore> make_sqlite_keys(Database& writer, std::mutex& mutex,
                                                         Database reader);

}  // namespace wye::control
