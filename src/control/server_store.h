#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/log.h"
#include "control/store/postgres/address.h"
#include "control/store/store.h"

namespace wye::control {

/// Where the record is: in the data directory, or in a PostgreSQL database that the directory belongs with.
struct RecordPlace {
  std::string data_dir;
  std::optional<postgres::DatabaseAddress> database;  ///< Nothing: `wye.db` in the directory.
  bool take_over = false;  ///< The database served another directory, which is lost.
};

/// For the server of a data directory, whose lock is held and whose id this is. A database and a data
/// directory stay together: the one knows which browsers there are, the other has what they tell. What does
/// not belong together is refused (`database_of_another`, `record_elsewhere`).
[[nodiscard]] Result<std::unique_ptr<Store>> open_server_store(const RecordPlace& place,
                                                               const std::string& server_id, const Log& log);

/// For commands that work on the record beside a server. `log` outlives the store.
[[nodiscard]] Result<std::unique_ptr<Store>> open_store_beside_server(const RecordPlace& place, bool create,
                                                                      const Log& log);

/// Refuses when the record of a data directory is in a database. `instead` is what to do.
[[nodiscard]] Result<void> check_record_is_here(const std::string& data_dir, const std::string& instead);

}  // namespace wye::control
