#include "control/store/postgres/examine.h"

#include "base/try.h"
#include "control/store/postgres/schema.h"
#include "control/store/postgres/watch.h"

namespace wye::control::postgres {

Result<Examined> examine(const DatabaseAddress& address) {
  WYE_TRY(auto connection, Connection::open(address, Patience{}));
  WYE_TRY(
      const auto rows,
      connection.run(
          "SELECT split_part(current_setting('server_version'), ' ', 1), current_setting('fsync')='on' AND "
          "current_setting('full_page_writes')='on', current_setting('synchronous_standby_names')<>'', "
          "has_database_privilege(current_database(), 'CREATE'), "
          "current_setting('max_connections')::bigint"));
  Examined out{.version = rows.text(0, 0),
               .survives_power_cut = rows.flag(0, 1),
               .survives_failover = rows.flag(0, 2),
               .may_make_schema = rows.flag(0, 3),
               .places = rows.number(0, 4)};
  WYE_TRY(out.schema, schema_of(connection));
  WYE_TRY(out.is_served, is_claimed(connection));
  return out;
}

}  // namespace wye::control::postgres
