#pragma once

#include <memory>

#include "base/log.h"
#include "control/store/postgres/address.h"
#include "control/store/postgres/connection.h"
#include "control/store/store.h"

namespace wye::control::postgres {

struct OpenOptions {
  /// As the database's one server: its schema is brought up to date, and other servers are refused
  /// (`database_in_use`) while this one lives. Else as a command beside it.
  bool as_server = true;
  bool create = false;  ///< As a command: makes the schema where there is none and no server.
  std::size_t connections = 16;
  Patience patience;
};

/// The record in a PostgreSQL database. An error says what to do next and quotes no password. `log` outlives
/// the store.
[[nodiscard]] Result<std::unique_ptr<Store>> open_postgres_store(const DatabaseAddress& address,
                                                                 const Log& log,
                                                                 const OpenOptions& options = {});

}  // namespace wye::control::postgres
