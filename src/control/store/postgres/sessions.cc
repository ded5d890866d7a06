#include "control/store/postgres/sessions.h"

#include "base/encoding.h"
#include "base/try.h"
#include "wire/describe.h"

namespace wye::control::postgres {
namespace {

constexpr const char* kSelect =
    "SELECT id, life, created_at, deleted_at, uptime_ms, jwt, config, telemetry, vm, export_to, was_live "
    "FROM "
    "sessions ";

std::string telemetry_text(const std::optional<std::map<std::string, TelemetryCategory>>& telemetry) {
  return telemetry ? wire::to_text(*telemetry) : "null";
}

std::string tags_text(const BrowserCreate& config) {
  return config.tags ? wire::to_text(*config.tags) : "{}";
}

Error damaged(const std::string& id, const Error& why) {
  return {.kind = ErrorKind::internal,
          .code = "store_damaged",
          .message = "the record of session \"" + id + "\" is damaged (" + why.message + ")"};
}

Result<Session> read_session(const Rows& rows, int row) {
  Session out{.id = rows.text(row, 0),
              .life = life_from(rows.view(row, 1)),
              .created_at = rows.number(row, 2),
              .deleted_at = rows.number(row, 3),
              .ended_uptime_ms = rows.number(row, 4),
              .jwt = rows.text(row, 5),
              .vm = rows.text(row, 8),
              .export_to = rows.text(row, 9),
              .was_live = rows.flag(row, 10)};
  auto config = wire::from_text<BrowserCreate>(rows.text(row, 6));
  auto telemetry = wire::parse_json(rows.text(row, 7));
  if (!config) return damaged(out.id, config.error());
  if (!telemetry) return damaged(out.id, telemetry.error());
  if (const auto read = wire::from_json(*telemetry, out.telemetry); !read)
    return damaged(out.id, read.error());
  out.config = std::move(*config);
  return out;
}

Result<std::vector<Session>> all_of(const Result<Rows>& rows) {
  if (!rows) return rows.error();
  std::vector<Session> out;
  for (int row = 0; row < rows->count(); ++row) {
    WYE_TRY(auto session, read_session(*rows, row));
    out.push_back(std::move(session));
  }
  return out;
}

Result<std::optional<Session>> first_of(const Result<Rows>& rows) {
  if (!rows) return rows.error();
  if (rows->empty()) return std::optional<Session>();
  WYE_TRY(auto session, read_session(*rows, 0));
  return std::optional(std::move(session));
}

// Among the unique keys, only a name can be taken: ids are random.
Error named(const Error& error, const std::string& name) {
  if (error.kind != ErrorKind::conflict) return error;
  return {.kind = ErrorKind::conflict,
          .code = "name_conflict",
          .message = "an active browser is called \"" + name + "\" already"};
}

}  // namespace

Result<void> Sessions::insert_session(const Session& session) {
  const auto name = session.config.name.value_or("");
  const auto done = database_.change(
      "INSERT INTO sessions (id, life, was_live, created_at, name, region, jwt, config, tags, telemetry, vm, "
      "export_to) "
      "VALUES ($1, $2, $2='live', $3, nullif($4, ''), $5, $6, $7, $8::text::jsonb, $9, $10, coalesce((SELECT "
      "id FROM "
      "destinations WHERE id=$11 FOR SHARE), ''))",
      Values()
          .text(session.id)
          .text(to_string(session.life))
          .number(session.created_at)
          .text(name)
          .text(session.config.region.value_or(""))
          .text(session.jwt)
          .text(wire::to_text(session.config))
          .text(tags_text(session.config))
          .text(telemetry_text(session.telemetry))
          .text(session.vm)
          .text(session.export_to));
  if (!done) return named(done.error(), name);
  return {};
}

Result<Moved> Sessions::move(const std::string& id, Life from, Life to, const LifeStep& step) {
  if (!is_step(from, to))
    return Error{.kind = ErrorKind::internal, .code = "internal_error", .message = "no life takes this step"};
  const auto mark = step.archived_to.value_or(host::SpoolMark{});
  auto moved = Moved::lost;
  const auto done = database_.write([&](Connection& connection) -> Result<void> {
    WYE_TRY(
        const auto rows,
        connection.run(
            "UPDATE sessions SET life=$3, was_live=was_live OR $3='live', vm=CASE WHEN $3='gone' THEN '' "
            "WHEN $4 "
            "THEN $5 ELSE vm END, deleted_at=CASE WHEN $3='gone' THEN $6 ELSE deleted_at END, uptime_ms=CASE "
            "WHEN $3='gone' THEN $7 ELSE uptime_ms END WHERE id=$1 AND life=$2 AND (NOT $8 OR "
            "(spool_offset=$9 AND "
            "spool_seq=$10 AND spool_ts=$11 AND spool_damaged=$12 AND spool_dropped=$13))",
            Values()
                .text(id)
                .text(to_string(from))
                .text(to_string(to))
                .flag(step.vm.has_value())
                .text(step.vm.value_or(""))
                .number(step.deleted_at)
                .number(step.uptime_ms)
                .flag(step.archived_to.has_value())
                .number(mark.offset)
                .number(mark.last_seq)
                .number(mark.last_ts)
                .number(mark.damaged)
                .number(mark.dropped)));
    moved = rows.changed() > 0 ? Moved::made : Moved::lost;
    if (moved == Moved::lost || to != Life::gone) return {};
    WYE_CHECK(connection.run("UPDATE archives SET ended_at=greatest(1, $2) WHERE session=$1",
                             Values().text(id).number(step.deleted_at)));
    return {};
  });
  if (!done) return done.error();
  return moved;
}

Result<std::optional<Session>> Sessions::patch_config(const std::string& id, const ConfigPatch& patch) {
  static const auto select = std::string(kSelect) + "WHERE id=$1 AND life IN ('creating', 'live') FOR UPDATE";
  std::optional<Session> out;
  const auto done = database_.write([&](Connection& connection) -> Result<void> {
    WYE_TRY(out, first_of(connection.run(select.c_str(), Values().text(id))));
    if (!out) return {};
    apply(patch, out->config);
    WYE_CHECK(
        connection.run("UPDATE sessions SET name=nullif($2, ''), config=$3, tags=$4::text::jsonb WHERE id=$1",
                       Values()
                           .text(id)
                           .text(out->config.name.value_or(""))
                           .text(wire::to_text(out->config))
                           .text(tags_text(out->config))));
    return {};
  });
  if (!done) return named(done.error(), patch.name.value_or(""));
  return out;
}

Result<void> Sessions::set_telemetry(
    const std::string& id, const std::optional<std::map<std::string, TelemetryCategory>>& telemetry) {
  WYE_CHECK(database_.change("UPDATE sessions SET telemetry=$2 WHERE id=$1",
                             Values().text(id).text(telemetry_text(telemetry))));
  return {};
}

Result<std::optional<Session>> Sessions::session(const std::string& id) {
  static const auto sql = std::string(kSelect) + "WHERE id=$1";
  return first_of(database_.select(sql.c_str(), Values().text(id)));
}

Result<std::optional<Session>> Sessions::session_by_name(const std::string& name) {
  static const auto sql = std::string(kSelect) + "WHERE lower(name)=$1 AND life IN ('creating', 'live')";
  return first_of(database_.select(sql.c_str(), Values().text(ascii_lower(name))));
}

Result<std::vector<Session>> Sessions::sessions(const SessionFilter& filter) {
  auto sql = std::string(kSelect);
  sql += filter.active && filter.deleted ? "WHERE true"
         : filter.deleted                ? "WHERE life IN ('ending', 'gone')"
                                         : "WHERE life IN ('creating', 'live')";
  sql +=
      " AND ($1='' OR id=$1 OR strpos(lower(coalesce(name, '')), $2)>0) AND ($3='' OR lower(name)=$3) AND "
      "($4='' "
      "OR region=$4) AND tags @> $5::text::jsonb ORDER BY created_at DESC, id LIMIT $6 OFFSET $7";
  return all_of(database_.select(sql.c_str(), Values()
                                                  .text(filter.query)
                                                  .text(ascii_lower(filter.query))
                                                  .text(ascii_lower(filter.name))
                                                  .text(filter.region)
                                                  .text(wire::to_text(filter.tags))
                                                  .number(filter.limit + 1)
                                                  .number(filter.offset)));
}

Result<std::vector<Session>> Sessions::sessions_not_gone() {
  static const auto sql = std::string(kSelect) + "WHERE life <> 'gone'";
  return all_of(database_.select(sql.c_str()));
}

}  // namespace wye::control::postgres
