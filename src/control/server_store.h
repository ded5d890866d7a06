#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/log.h"
#include "control/store/postgres/address.h"
#include "control/store/store.h"

namespace wye::control {

/// Where the record is: in the data directory, or in a PostgreSQL database that belongs to the directory.
struct RecordPlace {
  std::string data_dir;
  std::optional<postgres::DatabaseAddress> database;  ///< Nothing: `wye.db` in the directory.
  bool take_over = false;  ///< Whether the database served another directory, which is lost.
};

/// Opens the store for the server of a data directory. Its lock is held, and this is its id. A database and a
/// data directory belong together: one knows which browsers there are, the other has what they tell. Others
/// are refused (`database_of_another`, `record_elsewhere`).
[[nodiscard]] Result<std::unique_ptr<Store>> open_server_store(const RecordPlace& place,
                                                               const std::string& server_id, const Log& log);

/// Opens the store for a command that works beside a server. `log` outlives the store.
[[nodiscard]] Result<std::unique_ptr<Store>> open_store_beside_server(const RecordPlace& place, bool create,
                                                                      const Log& log);

/// Refuses when the record of a data directory is in a database. `instead` says what to do.
[[nodiscard]] Result<void> check_record_is_here(const std::string& data_dir, const std::string& instead);

}  // namespace wye::control
