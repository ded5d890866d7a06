#include "control/store/sqlite_store.h"

#include <algorithm>
#include <charconv>
#include <mutex>

#include "base/encoding.h"
#include "base/try.h"
#include "control/store/sqlite_archive.h"
#include "control/store/sqlite_database.h"
#include "control/store/sqlite_exports.h"
#include "control/store/sqlite_keys.h"
#include "control/store/sqlite_log.h"
#include "wire/describe.h"

namespace wye::control {
namespace {

constexpr std::string_view kColumns =
    "id, life, created_at, deleted_at, uptime_ms, jwt, config, telemetry, vm, export_to";

std::string_view name_of(Life life) {
  switch (life) {
    case Life::creating:
      return "creating";
    case Life::live:
      return "live";
    case Life::ending:
      return "ending";
    case Life::gone:
      break;
  }
  return "gone";
}

Life life_of(std::string_view name) {
  if (name == "creating") return Life::creating;
  if (name == "live") return Life::live;
  return name == "ending" ? Life::ending : Life::gone;
}

std::string telemetry_text(const std::optional<std::map<std::string, TelemetryCategory>>& telemetry) {
  return telemetry ? wire::to_text(*telemetry) : "null";
}

Error damaged(const std::string& id, const Error& why) {
  return {.kind = ErrorKind::internal,
          .code = "store_damaged",
          .message = "the record of session \"" + id + "\" is damaged (" + why.message +
                     "); restore a backup with `wye restore`"};
}

Result<Session> read_session(const Statement& row) {
  Session out{.id = row.text(0),
              .life = life_of(row.text(1)),
              .created_at = row.number(2),
              .deleted_at = row.number(3),
              .ended_uptime_ms = row.number(4),
              .jwt = row.text(5),
              .vm = row.text(8),
              .export_to = row.text(9)};
  auto config = wire::from_text<BrowserCreate>(row.text(6));
  auto telemetry = wire::parse_json(row.text(7));
  if (!config) return damaged(out.id, config.error());
  if (!telemetry) return damaged(out.id, telemetry.error());
  if (const auto read = wire::from_json(*telemetry, out.telemetry); !read)
    return damaged(out.id, read.error());
  out.config = std::move(*config);
  return out;
}

// What a spool has lost is kept among the settings: hardly any session has some.
std::string losses_of(const std::string& id) { return "spool_losses " + id; }

Result<void> read_losses(Database& database, const std::string& id, host::SpoolMark& mark) {
  Statement read(database.handle(), "SELECT value FROM settings WHERE name=?1");
  WYE_TRY(const bool row, read.bind(1, losses_of(id)).step());
  if (!row) return {};
  const auto text = read.text(0);
  const auto* end = text.data() + text.size();
  const auto damaged = std::from_chars(text.data(), end, mark.damaged);
  if (damaged.ptr != end) std::from_chars(damaged.ptr + 1, end, mark.dropped);
  mark.damaged = std::max<std::int64_t>(0, mark.damaged);
  mark.dropped = std::max<std::int64_t>(0, mark.dropped);
  return {};
}

Result<void> write_losses(Database& database, const std::string& id, const host::SpoolMark& mark) {
  if (mark.damaged == 0 && mark.dropped == 0)
    return Statement(database.handle(), "DELETE FROM settings WHERE name=?1").bind(1, losses_of(id)).run();
  return Statement(database.handle(),
                   "INSERT INTO settings VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value=?2")
      .bind(1, losses_of(id))
      .bind(2, std::to_string(mark.damaged) + " " + std::to_string(mark.dropped))
      .run();
}

class SqliteStore final : public Store {
 public:
  SqliteStore(Database writer, Database archive, Database keys, Database exports)
      : db_(std::move(writer)),
        archive_db_(std::move(archive)),
        keys_(make_sqlite_keys(db_, mutex_, std::move(keys))),
        exports_(make_sqlite_exports(db_, mutex_, std::move(exports))) {}

  Result<std::optional<std::string>> setting(const std::string& name) override {
    const std::lock_guard lock(mutex_);
    auto read = statement("SELECT value FROM settings WHERE name=?1");
    WYE_TRY(const bool row, read.bind(1, name).step());
    return row ? std::optional<std::string>(read.text(0)) : std::optional<std::string>();
  }
  Result<void> set_setting(const std::string& name, const std::string& value) override {
    const std::lock_guard lock(mutex_);
    const PowerSafe power_safe(db_);
    return statement("INSERT INTO settings VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value=?2")
        .bind(1, name)
        .bind(2, value)
        .run();
  }
  KeyStore& keys() override { return *keys_; }
  ExportStore& exports() override { return *exports_; }

  Result<void> insert_session(const Session& session) override {
    const std::lock_guard lock(mutex_);
    auto insert = statement(
        "INSERT INTO sessions (id, life, created_at, name, region, jwt, config, telemetry, export_to) VALUES "
        "(?1, ?2, ?3, nullif(?4, ''), ?5, ?6, ?7, ?8, coalesce((SELECT id FROM destinations WHERE id=?9), "
        "''))");
    insert.bind(1, session.id)
        .bind(2, name_of(session.life))
        .bind(3, session.created_at)
        .bind(4, session.config.name.value_or(""));
    return named(insert.bind(5, session.config.region.value_or(""))
                     .bind(6, session.jwt)
                     .bind(7, wire::to_text(session.config))
                     .bind(8, telemetry_text(session.telemetry))
                     .bind(9, session.export_to)
                     .run(),
                 session);
  }
  Result<void> update_config(const Session& session) override {
    const std::lock_guard lock(mutex_);
    auto update = statement("UPDATE sessions SET name=nullif(?2, ''), config=?3 WHERE id=?1");
    update.bind(1, session.id)
        .bind(2, session.config.name.value_or(""))
        .bind(3, wire::to_text(session.config));
    return named(update.run(), session);
  }
  Result<void> set_telemetry(
      const std::string& id,
      const std::optional<std::map<std::string, TelemetryCategory>>& telemetry) override {
    const std::lock_guard lock(mutex_);
    return statement("UPDATE sessions SET telemetry=?2 WHERE id=?1")
        .bind(1, id)
        .bind(2, telemetry_text(telemetry))
        .run();
  }
  Result<void> set_life(const std::string& id, Life life) override {
    const std::lock_guard lock(mutex_);
    return statement("UPDATE sessions SET life=?2 WHERE id=?1 AND life != 'gone'")
        .bind(1, id)
        .bind(2, name_of(life))
        .run();
  }
  Result<void> set_vm(const std::string& id, const std::string& vm, Life life) override {
    const std::lock_guard lock(mutex_);
    std::optional<PowerSafe> power_safe;
    if (life == Life::live) power_safe.emplace(db_);
    auto update = statement("UPDATE sessions SET vm=?2, life=?3 WHERE id=?1 AND life='creating'");
    WYE_CHECK(update.bind(1, id).bind(2, vm).bind(3, name_of(life)).run());
    if (::sqlite3_changes64(db_.handle()) == 1) return {};
    return Error{
        .kind = ErrorKind::conflict, .code = "conflict", .message = "the session is not being created"};
  }
  Result<void> replace_vm(const std::string& id, const std::string& vm) override {
    const std::lock_guard lock(mutex_);
    return statement("UPDATE sessions SET vm=?2 WHERE id=?1 AND life='live'").bind(1, id).bind(2, vm).run();
  }
  Result<void> set_gone(const std::string& id, std::int64_t deleted_at, std::int64_t uptime_ms) override {
    const std::lock_guard lock(mutex_);
    const PowerSafe power_safe(db_);
    Transaction change(db_);
    WYE_CHECK(change.begun());
    auto update = statement(
        "UPDATE sessions SET life='gone', deleted_at=?2, uptime_ms=?3, vm='' WHERE id=?1 AND life != 'gone'");
    WYE_CHECK(update.bind(1, id).bind(2, deleted_at).bind(3, uptime_ms).run());
    if (::sqlite3_changes64(db_.handle()) > 0)
      WYE_CHECK(statement("UPDATE archives SET ended_at=max(1, ?2) WHERE session=?1")
                    .bind(1, id)
                    .bind(2, deleted_at)
                    .run());
    WYE_CHECK(write_losses(db_, id, {}));
    return change.commit();
  }
  Result<std::optional<Session>> session(const std::string& id) override { return one("id=?1", id); }
  Result<std::optional<Session>> session_by_name(const std::string& name) override {
    return one("lower(name)=lower(?1) AND life IN ('creating', 'live')", name);
  }
  Result<std::vector<Session>> sessions(const SessionFilter& filter) override;
  Result<std::vector<Session>> sessions_not_gone() override {
    const std::lock_guard lock(mutex_);
    return rows(statement("SELECT " + std::string(kColumns) + " FROM sessions WHERE life != 'gone'"));
  }

  Result<void> archive(const std::string& id, const std::vector<events::Record>& records,
                       const host::SpoolMark& mark) override;
  // Syncing takes a commit that changes something.
  Result<void> make_power_safe() override {
    const std::lock_guard lock(mutex_);
    const PowerSafe power_safe(db_);
    return statement(
               "INSERT INTO settings VALUES ('synced', '1') ON CONFLICT (name) DO UPDATE SET "
               "value=CAST(value AS INTEGER)+1")
        .run();
  }
  Result<host::SpoolMark> spool_mark(const std::string& id) override {
    const std::lock_guard lock(mutex_);
    auto read = statement("SELECT spool_offset, spool_seq, spool_ts FROM sessions WHERE id=?1");
    WYE_TRY(const bool row, read.bind(1, id).step());
    host::SpoolMark mark;
    if (row) mark = {read.number(0), read.number(1), read.number(2)};
    WYE_CHECK(read_losses(db_, id, mark));
    return mark;
  }
  std::unique_ptr<events::RecordSource> archived_events(const std::string& id) override {
    return make_archived_events(archive_db_, archive_mutex_, id);
  }
  Result<std::int64_t> archive_bytes(const std::string& id) override {
    const std::lock_guard lock(mutex_);
    return read_archive_bytes(db_, id);
  }
  Result<ArchiveSize> archive_size() override {
    const std::lock_guard lock(mutex_);
    return read_archive_size(db_);
  }
  Result<std::optional<EndedArchive>> oldest_ended_archive() override {
    const std::lock_guard lock(mutex_);
    return read_oldest_ended_archive(db_);
  }
  Result<void> expire_archive(const std::string& id) override {
    const std::lock_guard lock(mutex_);
    return statement("UPDATE archives SET expired=1 WHERE session=?1 AND ended_at > 0").bind(1, id).run();
  }
  Result<std::optional<std::int64_t>> remove_expired(std::int64_t bytes) override {
    const std::lock_guard lock(mutex_);
    return remove_expired_events(db_, bytes);
  }

 private:
  Statement statement(std::string_view sql) { return {db_.handle(), sql}; }
  static Result<void> named(Result<void> done, const Session& session) {
    if (!done && done.error().kind == ErrorKind::conflict)
      return Error{
          .kind = ErrorKind::conflict,
          .code = "name_conflict",
          .message = "an active browser is called \"" + session.config.name.value_or("") + "\" already"};
    return done;
  }
  Result<std::optional<Session>> one(const std::string& where, const std::string& value) {
    const std::lock_guard lock(mutex_);
    auto read = statement("SELECT " + std::string(kColumns) + " FROM sessions WHERE " + where);
    WYE_TRY(const bool row, read.bind(1, value).step());
    if (!row) return std::optional<Session>();
    WYE_TRY(auto session, read_session(read));
    return std::optional<Session>(std::move(session));
  }
  static Result<std::vector<Session>> rows(Statement read) {
    std::vector<Session> out;
    for (;;) {
      WYE_TRY(const bool row, read.step());
      if (!row) return out;
      WYE_TRY(auto session, read_session(read));
      out.push_back(std::move(session));
    }
  }

  Database db_, archive_db_;
  const LogKeeper log_{db_.handle(), kBusyMs};
  std::mutex mutex_, archive_mutex_;
  const std::unique_ptr<KeyStore> keys_;  // uses db_ and mutex_, as do exports_
  const std::unique_ptr<ExportStore> exports_;
};

Result<std::vector<Session>> SqliteStore::sessions(const SessionFilter& filter) {
  const std::lock_guard lock(mutex_);
  std::string sql = "SELECT " + std::string(kColumns) + " FROM sessions WHERE ";
  sql += filter.active && filter.deleted ? "1"
         : filter.deleted                ? "life IN ('ending', 'gone')"
                                         : "life IN ('creating', 'live')";
  sql +=
      " AND (?1='' OR id=?1 OR instr(lower(coalesce(name, '')), lower(?1))>0) AND (?2='' OR "
      "lower(name)=lower(?2)) AND (?3='' OR region=?3)";
  int index = 6;
  for (std::size_t i = 0; i < filter.tags.size(); ++i, index += 2)
    sql += " AND EXISTS (SELECT 1 FROM json_each(config, '$.tags') WHERE key=?" + std::to_string(index) +
           " AND value=?" + std::to_string(index + 1) + ")";
  sql += " ORDER BY created_at DESC, id LIMIT ?4 OFFSET ?5";
  auto read = statement(sql);
  read.bind(1, filter.query)
      .bind(2, filter.name)
      .bind(3, filter.region)
      .bind(4, filter.limit + 1)
      .bind(5, filter.offset);
  index = 6;
  for (const auto& [key, value] : filter.tags) {
    read.bind(index, key).bind(index + 1, value);
    index += 2;
  }
  return rows(std::move(read));
}

Result<void> SqliteStore::archive(const std::string& id, const std::vector<events::Record>& records,
                                  const host::SpoolMark& mark) {
  const std::lock_guard lock(mutex_);
  Transaction change(db_);
  WYE_CHECK(change.begun());
  WYE_CHECK(add_to_archive(db_, id, records));
  auto update = statement("UPDATE sessions SET spool_offset=?2, spool_seq=?3, spool_ts=?4 WHERE id=?1");
  WYE_CHECK(update.bind(1, id).bind(2, mark.offset).bind(3, mark.last_seq).bind(4, mark.last_ts).run());
  WYE_CHECK(write_losses(db_, id, mark));
  return change.commit();
}

}  // namespace

Result<std::unique_ptr<Store>> open_sqlite_store(const std::string& path, const OpenOptions& options) {
  WYE_TRY(auto writer, Database::open(path, options));
  const OpenOptions again{.create = false, .upgrade = false, .check = false};
  WYE_TRY(auto archive, Database::open(path, again));
  auto small = again;
  small.cache_kib = 256;  // keys are few, and an export reads once what it sends
  WYE_TRY(auto keys, Database::open(path, small));
  WYE_TRY(auto exports, Database::open(path, small));
  return std::unique_ptr<Store>(std::make_unique<SqliteStore>(std::move(writer), std::move(archive),
                                                              std::move(keys), std::move(exports)));
}

}  // namespace wye::control
