// The record of sessions on SQLite.
#include "base/try.h"
#include "control/store/sqlite_record.h"

namespace wye::control {
namespace {

constexpr std::string_view kColumns =
    "id, life, created_at, deleted_at, uptime_ms, jwt, config, telemetry, vm, export_to, was_live";

std::string select(std::string_view where) {
  return "SELECT " + std::string(kColumns) + " FROM sessions WHERE " + std::string(where);
}

Result<Session> read_session(const Statement& row) {
  Session out{.id = row.text(0),
              .life = life_from(row.text(1)),
              .created_at = row.number(2),
              .deleted_at = row.number(3),
              .ended_uptime_ms = row.number(4),
              .jwt = row.text(5),
              .vm = row.text(8),
              .export_to = row.text(9),
              .was_live = row.number(10) != 0};
  WYE_CHECK(read_texts(out, row.text(6), row.text(7)));
  return out;
}

Result<std::vector<Session>> read_sessions(Statement read) {
  std::vector<Session> out;
  for (;;) {
    WYE_TRY(const bool row, read.step());
    if (!row) return out;
    WYE_TRY(auto session, read_session(read));
    out.push_back(std::move(session));
  }
}

Result<void> named(Result<void> done, const Session& session) {
  if (!done && done.error().kind == ErrorKind::conflict) return name_taken(session);
  return done;
}

}  // namespace

Result<void> SqliteStore::insert_session(const Session& session) {
  const std::lock_guard lock(mutex_);
  auto insert = statement(
      "INSERT INTO sessions (id, life, created_at, name, region, jwt, config, telemetry, export_to, "
      "was_live) "
      "VALUES (?1, ?2, ?3, nullif(?4, ''), ?5, ?6, ?7, ?8, coalesce((SELECT id FROM destinations WHERE "
      "id=?9), ''), ?10)");
  insert.bind(1, session.id)
      .bind(2, to_string(session.life))
      .bind(3, session.created_at)
      .bind(4, session.config.name.value_or(""))
      .bind(5, session.config.region.value_or(""));
  insert.bind(6, session.jwt)
      .bind(7, config_text(session))
      .bind(8, telemetry_text(session.telemetry))
      .bind(9, session.export_to)
      .bind(10, std::int64_t{session.was_live || session.life == Life::live});
  return named(insert.run(), session);
}

Result<Moved> SqliteStore::move(const std::string& id, Life from, Life to, const LifeStep& step) {
  if (!is_step(from, to))
    return Error{.kind = ErrorKind::internal,
                 .code = "internal_error",
                 .message = "no session goes from " + std::string(to_string(from)) + " to " +
                            std::string(to_string(to))};
  const std::lock_guard lock(mutex_);
  std::optional<PowerSafe> power_safe;
  if (to == Life::gone || (to == Life::live && from != to)) power_safe.emplace(db_);
  if (to == Life::gone) return end_life(id, from, step);
  auto update = statement(
      "UPDATE sessions SET life=?3, vm=coalesce(?4, vm), was_live=was_live OR ?3='live' WHERE id=?1 AND "
      "life=?2");
  update.bind(1, id).bind(2, to_string(from)).bind(3, to_string(to));
  if (step.vm) update.bind(4, *step.vm);
  WYE_CHECK(update.run());
  return changed() ? Moved::made : Moved::lost;
}

Result<Moved> SqliteStore::end_life(const std::string& id, Life from, const LifeStep& step) {
  Transaction change(db_);
  WYE_CHECK(change.begun());
  if (step.archived_to) {
    WYE_TRY(const auto mark, mark_of_living(id));
    if (!mark || *mark != *step.archived_to) return Moved::lost;
  }
  auto update = statement(
      "UPDATE sessions SET life='gone', deleted_at=?3, uptime_ms=?4, vm='' WHERE id=?1 AND life=?2");
  update.bind(1, id).bind(2, to_string(from)).bind(3, step.deleted_at).bind(4, step.uptime_ms);
  WYE_CHECK(update.run());
  if (!changed()) return Moved::lost;
  WYE_CHECK(statement("UPDATE archives SET ended_at=max(1, ?2) WHERE session=?1")
                .bind(1, id)
                .bind(2, step.deleted_at)
                .run());
  WYE_CHECK(change.commit());
  return Moved::made;
}

Result<std::optional<Session>> SqliteStore::patch_config(const std::string& id, const ConfigPatch& patch) {
  const std::lock_guard lock(mutex_);
  Transaction change(db_);
  WYE_CHECK(change.begun());
  WYE_TRY(auto session, one("id=?1 AND life IN ('creating', 'live')", id));
  if (!session) return std::optional<Session>();
  apply(patch, session->config);
  auto update = statement("UPDATE sessions SET name=nullif(?2, ''), config=?3 WHERE id=?1");
  update.bind(1, id).bind(2, session->config.name.value_or("")).bind(3, config_text(*session));
  WYE_CHECK(named(update.run(), *session));
  WYE_CHECK(change.commit());
  return session;
}

Result<void> SqliteStore::set_telemetry(
    const std::string& id, const std::optional<std::map<std::string, TelemetryCategory>>& telemetry) {
  const std::lock_guard lock(mutex_);
  return statement("UPDATE sessions SET telemetry=?2 WHERE id=?1")
      .bind(1, id)
      .bind(2, telemetry_text(telemetry))
      .run();
}

Result<std::optional<Session>> SqliteStore::one(const std::string& where, const std::string& value) {
  auto read = statement(select(where));
  WYE_TRY(const bool row, read.bind(1, value).step());
  if (!row) return std::optional<Session>();
  WYE_TRY(auto session, read_session(read));
  return std::optional<Session>(std::move(session));
}

Result<std::optional<Session>> SqliteStore::session(const std::string& id) {
  const std::lock_guard lock(mutex_);
  return one("id=?1", id);
}

Result<std::optional<Session>> SqliteStore::session_by_name(const std::string& name) {
  const std::lock_guard lock(mutex_);
  return one("lower(name)=lower(?1) AND life IN ('creating', 'live')", name);
}

Result<std::vector<Session>> SqliteStore::sessions_not_gone() {
  const std::lock_guard lock(mutex_);
  return read_sessions(statement(select("life != 'gone'")));
}

Result<std::vector<Session>> SqliteStore::sessions(const SessionFilter& filter) {
  const std::lock_guard lock(mutex_);
  auto sql = select(filter.active && filter.deleted ? "1"
                    : filter.deleted                ? "life IN ('ending', 'gone')"
                                                    : "life IN ('creating', 'live')");
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
  return read_sessions(std::move(read));
}

}  // namespace wye::control
