#include "control/store/postgres/settings.h"

#include "base/try.h"

namespace wye::control::postgres {

Result<std::optional<std::string>> Settings::setting(const std::string& name) {
  WYE_TRY(const auto rows, database_.select("SELECT value FROM settings WHERE name=$1", Values().text(name)));
  return rows.empty() ? std::optional<std::string>() : std::optional(rows.text(0, 0));
}

Result<void> Settings::set_setting(const std::string& name, const std::string& value) {
  WYE_CHECK(database_.change("INSERT INTO settings VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value=$2",
                             Values().text(name).text(value)));
  return {};
}

// The insert waits for another insert under way; the statement after it sees what that one committed.
Result<std::string> Settings::setting_once(const std::string& name, const std::string& candidate) {
  std::string winner;
  const auto done = database_.write([&](Connection& connection) -> Result<void> {
    WYE_CHECK(connection.run("INSERT INTO settings VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
                             Values().text(name).text(candidate)));
    WYE_TRY(const auto rows, connection.run("SELECT value FROM settings WHERE name=$1", Values().text(name)));
    winner = rows.empty() ? candidate : rows.text(0, 0);
    return {};
  });
  if (!done) return done.error();
  return winner;
}

Result<bool> Leases::take_lease(const std::string& name, const std::string& holder,
                                std::chrono::milliseconds ttl) {
  WYE_TRY(const auto rows,
          database_.change(
              "INSERT INTO leases VALUES ($1, $2, clock_timestamp() + $3 * interval '1 millisecond') ON "
              "CONFLICT (name) DO UPDATE SET holder=$2, until=clock_timestamp() + $3 * interval '1 "
              "millisecond' WHERE "
              "leases.holder=$2 OR leases.until<=clock_timestamp()",
              Values().text(name).text(holder).number(ttl.count())));
  return rows.changed() > 0;
}

Result<void> Leases::end_lease(const std::string& name, const std::string& holder) {
  WYE_CHECK(
      database_.change("DELETE FROM leases WHERE name=$1 AND holder=$2", Values().text(name).text(holder)));
  return {};
}

}  // namespace wye::control::postgres
