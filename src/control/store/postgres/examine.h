#pragma once

#include <cstdint>
#include <string>

#include "control/store/postgres/connection.h"

namespace wye::control::postgres {

/// What `wye doctor` says about a database.
struct Examined {
  std::string version;             ///< Of the server, such as "15.4".
  int schema = 0;                  ///< 0: it has no schema of Wye's yet.
  bool survives_power_cut = true;  ///< `fsync` and `full_page_writes`.
  bool survives_failover = false;  ///< It waits for a standby.
  bool may_make_schema = false;    ///< The user may make one, in this database.
  bool is_served = false;          ///< A server has the claim.
  std::int64_t places = 0;         ///< The connections that the server takes at all.
};
[[nodiscard]] Result<Examined> examine(const DatabaseAddress& address);

}  // namespace wye::control::postgres
