#pragma once

#include <memory>

#include "base/log.h"
#include "control/store/postgres/address.h"
#include "control/store/postgres/connection.h"
#include "control/store/store.h"

namespace wye::control::postgres {

struct OpenOptions {
  /// True: opens it as the database's one server, which brings the schema up to date; other servers are
  /// refused (`database_in_use`) while this one lives. False: as a command beside it.
  bool as_server = true;
  bool create = false;  ///< As a command: makes the schema when there is neither a schema nor a server.
  std::size_t connections = 16;
  Patience patience;
};

/// Opens the record in a PostgreSQL database. An error says what to do next and quotes no password. `log`
/// must outlive the store.
[[nodiscard]] Result<std::unique_ptr<Store>> open_postgres_store(const DatabaseAddress& address,
                                                                 const Log& log,
                                                                 const OpenOptions& options = {});

}  // namespace wye::control::postgres
