#include "control/store/postgres/keys.h"

#include "base/encoding.h"
#include "base/try.h"

namespace wye::control::postgres {
namespace {

constexpr const char* kSelect =
    "SELECT id, name, masked, created_by, created_at, expires_at, deleted_at, lifetime_days FROM keys ";

ApiKey read_key(const Rows& rows, int row) {
  return {.id = rows.text(row, 0),
          .name = rows.text(row, 1),
          .masked = rows.text(row, 2),
          .created_by = rows.text(row, 3),
          .created_at = rows.number(row, 4),
          .expires_at = rows.number(row, 5),
          .deleted_at = rows.number(row, 6),
          .lifetime_days = rows.number(row, 7)};
}

Result<std::optional<ApiKey>> first_of(const Result<Rows>& rows) {
  if (!rows) return rows.error();
  return rows->empty() ? std::optional<ApiKey>() : std::optional(read_key(*rows, 0));
}

std::string order_of(const KeyFilter& filter) {
  const std::string direction = filter.ascending ? " ASC" : " DESC";
  switch (filter.sort) {
    case KeyFilter::Sort::name:
      return "lower(name)" + direction;
    case KeyFilter::Sort::expires_at:  // keys that never expire come last
      return "expires_at=0" + direction + ", expires_at" + direction;
    case KeyFilter::Sort::created_at:
      break;
  }
  return "created_at" + direction;
}

Result<void> insert(Connection& connection, const ApiKey& key, const std::string& hash) {
  WYE_CHECK(connection.run(
      "INSERT INTO keys (id, sha256, name, masked, created_by, created_at, expires_at, lifetime_days) VALUES "
      "($1, $2, $3, $4, $5, $6, $7, $8)",
      Values()
          .text(key.id)
          .text(hash)
          .text(key.name)
          .text(key.masked)
          .text(key.created_by)
          .number(key.created_at)
          .number(key.expires_at)
          .number(key.lifetime_days)));
  return {};
}

}  // namespace

Result<void> Keys::add(const ApiKey& key, const std::string& hash) {
  return database_.write([&](Connection& connection) { return insert(connection, key, hash); });
}

// Others that add a key wait for the lock; readers do not.
Result<bool> Keys::add_first(const ApiKey& key, const std::string& hash) {
  bool added = false;
  const auto done = database_.write([&](Connection& connection) -> Result<void> {
    WYE_CHECK(connection.run("LOCK TABLE keys IN SHARE ROW EXCLUSIVE MODE"));
    WYE_TRY(const auto some, connection.run("SELECT 1 FROM keys LIMIT 1"));
    added = some.empty();
    return added ? insert(connection, key, hash) : Result<void>();
  });
  if (!done) return done.error();
  return added;
}

Result<std::optional<ApiKey>> Keys::by_hash(const std::string& hash) {
  static const auto sql = std::string(kSelect) + "WHERE sha256=$1";
  return first_of(database_.select(sql.c_str(), Values().text(hash)));
}

Result<std::optional<ApiKey>> Keys::by_id(const std::string& id) {
  static const auto sql = std::string(kSelect) + "WHERE id=$1";
  return first_of(database_.select(sql.c_str(), Values().text(id)));
}

Result<std::vector<ApiKey>> Keys::list(const KeyFilter& filter) {
  auto sql = std::string(kSelect);
  sql += filter.active && filter.deleted ? "WHERE true"
         : filter.deleted                ? "WHERE deleted_at<>0"
                                         : "WHERE deleted_at=0";
  sql +=
      " AND ($1='' OR strpos(lower(name), $2)>0 OR starts_with(id, $1) OR starts_with(masked, $1)) AND "
      "($3='' OR lower(name)=$3) ORDER BY " +
      order_of(filter) + ", id LIMIT $4 OFFSET $5";
  WYE_TRY(const auto rows, database_.select(sql.c_str(), Values()
                                                             .text(filter.query)
                                                             .text(ascii_lower(filter.query))
                                                             .text(ascii_lower(filter.name))
                                                             .number(filter.limit + 1)
                                                             .number(filter.offset)));
  std::vector<ApiKey> out;
  for (int row = 0; row < rows.count(); ++row) out.push_back(read_key(rows, row));
  return out;
}

Result<bool> Keys::rename(const std::string& id, const std::string& name) {
  WYE_TRY(const auto rows, database_.change("UPDATE keys SET name=$2 WHERE id=$1 AND deleted_at=0",
                                            Values().text(id).text(name)));
  return rows.changed() > 0;
}

Result<bool> Keys::remove(const std::string& id, std::int64_t deleted_at) {
  bool there = false;
  const auto done = database_.write([&](Connection& connection) -> Result<void> {
    WYE_TRY(const auto rows, connection.run("UPDATE keys SET deleted_at=$2 WHERE id=$1 AND deleted_at=0",
                                            Values().text(id).number(deleted_at)));
    there = rows.changed() > 0;
    WYE_CHECK(
        connection.run("DELETE FROM keys WHERE id IN (SELECT id FROM keys WHERE deleted_at<>0 ORDER BY "
                       "deleted_at DESC, id OFFSET $1)",
                       Values().number(kKeptRevokedKeys)));
    return {};
  });
  if (!done) return done.error();
  return there;
}

Result<bool> Keys::replace(const std::string& id, std::int64_t expires_at, const ApiKey& fresh,
                           const std::string& hash) {
  bool there = false;
  const auto done = database_.write([&](Connection& connection) -> Result<void> {
    WYE_TRY(const auto rows,
            connection.run(
                "UPDATE keys SET expires_at=CASE WHEN expires_at=0 THEN $2 ELSE least(expires_at, $2) END "
                "WHERE id=$1 AND deleted_at=0",
                Values().text(id).number(expires_at)));
    there = rows.changed() > 0;
    if (there) WYE_CHECK(insert(connection, fresh, hash));
    return {};
  });
  if (!done) return done.error();
  return there;
}

Result<std::int64_t> Keys::count() {
  WYE_TRY(const auto rows, database_.select("SELECT count(*) FROM keys WHERE deleted_at=0"));
  return rows.number(0, 0);
}

}  // namespace wye::control::postgres
