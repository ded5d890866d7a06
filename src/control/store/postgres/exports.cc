#include "control/store/postgres/exports.h"

#include "base/encoding.h"
#include "base/try.h"
#include "wire/json_codec.h"

namespace wye::control::postgres {
namespace {

constexpr const char* kSelect =
    "SELECT id, name, endpoint, headers, description, protocol, signals, created_at, updated_at FROM "
    "destinations ";
// Repeats the expression of the index `sessions_behind`, so that PostgreSQL uses it.
#define WYE_END_OF "spool_seq + CASE WHEN life='gone' THEN 1 ELSE 0 END"
// events::seqs_up_to for a column.
#define WYE_SEQS_UP_TO(column) \
  "CASE WHEN " column "<1099511627776 THEN " column " ELSE " column "-1099511627775 END"
#define WYE_IS_BEHIND "export_to <> '' AND export_seq < " WYE_END_OF

// The message quotes nothing of the row, which may be a secret.
Result<Destination> read_destination(const Rows& rows, int row) {
  auto headers = wire::from_text<std::map<std::string, std::string>>(rows.text(row, 3));
  if (!headers)
    return Error{.kind = ErrorKind::internal,
                 .code = "store_damaged",
                 .message = "the record of destination \"" + rows.text(row, 0) + "\" is damaged; delete it"};
  const auto signals = rows.text(row, 6);
  return Destination{
      .id = rows.text(row, 0),
      .name = rows.text(row, 1),
      .endpoint = rows.text(row, 2),
      .headers = std::move(*headers),
      .description = rows.text(row, 4),
      .protocol = rows.view(row, 5) == "json" ? Destination::Protocol::json : Destination::Protocol::protobuf,
      .logs = signals.find("logs ") != std::string::npos,
      .traces = signals.find("traces ") != std::string::npos,
      .created_at = rows.number(row, 7),
      .updated_at = rows.number(row, 8)};
}

Values values_of(const Destination& it) {
  return Values()
      .text(it.id)
      .text(it.name)
      .text(it.endpoint)
      .text(wire::to_text(it.headers))
      .text(it.description)
      .text(it.protocol == Destination::Protocol::json ? "json" : "protobuf")
      .text(std::string(it.logs ? "logs " : "") + (it.traces ? "traces " : ""));
}

Result<Rows> named(Result<Rows> done, const Destination& it) {
  if (done || done.error().kind != ErrorKind::conflict) return done;
  return Error{.kind = ErrorKind::conflict,
               .code = "name_conflict",
               .message = "a destination is called \"" + it.name + "\" already"};
}

}  // namespace

Result<void> Exports::add(const Destination& it) {
  WYE_CHECK(named(database_.change("INSERT INTO destinations VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                                   values_of(it).number(it.created_at).number(it.updated_at)),
                  it));
  return {};
}

Result<bool> Exports::update(const Destination& it) {
  WYE_TRY(const auto rows,
          named(database_.change("UPDATE destinations SET name=$2, endpoint=$3, headers=$4, description=$5, "
                                 "protocol=$6, signals=$7, updated_at=$8 WHERE id=$1",
                                 values_of(it).number(it.updated_at)),
                it));
  return rows.changed() > 0;
}

// Locks the destination's row first, as does `assign`: each sees what the other has done.
Result<ExportStore::Removal> Exports::remove(const std::string& id) {
  auto removal = Removal::removed;
  const auto done = database_.write([&](Connection& connection) -> Result<void> {
    const auto it = Values().text(id);
    WYE_TRY(const auto there, connection.run("SELECT 1 FROM destinations WHERE id=$1 FOR UPDATE", it));
    WYE_TRY(
        const auto used,
        connection.run(
            "SELECT 1 FROM sessions WHERE export_to=$1 AND export_to <> '' AND life <> 'gone' LIMIT 1", it));
    removal = !used.empty() ? Removal::in_use : there.empty() ? Removal::not_there : Removal::removed;
    if (removal == Removal::in_use) return {};
    WYE_CHECK(connection.run("DELETE FROM destinations WHERE id=$1", it));
    WYE_CHECK(connection.run("UPDATE sessions SET export_to='' WHERE export_to=$1 AND " WYE_IS_BEHIND, it));
    return {};
  });
  if (!done) return done.error();
  return removal;
}

Result<std::optional<Destination>> Exports::one(const std::string& where, const std::string& value) {
  WYE_TRY(const auto rows, database_.select((kSelect + where).c_str(), Values().text(value)));
  if (rows.empty()) return std::optional<Destination>();
  WYE_TRY(auto destination, read_destination(rows, 0));
  return std::optional(std::move(destination));
}
Result<std::optional<Destination>> Exports::by_id(const std::string& id) { return one("WHERE id=$1", id); }
Result<std::optional<Destination>> Exports::by_name(const std::string& name) {
  return one("WHERE lower(name)=$1", ascii_lower(name));
}

Result<std::vector<Destination>> Exports::list(const DestinationFilter& filter) {
  static const auto sql =
      std::string(kSelect) +
      "WHERE ($1='' OR id=$1 OR strpos(lower(name), $2)>0 OR strpos(lower(endpoint), $2)>0 OR "
      "strpos(lower(description), $2)>0) AND ($3='' OR lower(name)=$3) ORDER BY created_at "
      "DESC, id LIMIT $4 OFFSET $5";
  WYE_TRY(const auto rows, database_.select(sql.c_str(), Values()
                                                             .text(filter.query)
                                                             .text(ascii_lower(filter.query))
                                                             .text(ascii_lower(filter.name))
                                                             .number(filter.limit + 1)
                                                             .number(filter.offset)));
  std::vector<Destination> out;
  for (int row = 0; row < rows.count(); ++row) {
    WYE_TRY(auto destination, read_destination(rows, row));
    out.push_back(std::move(destination));
  }
  return out;
}

Result<std::int64_t> Exports::count() {
  WYE_TRY(const auto rows, database_.select("SELECT count(*) FROM destinations"));
  return rows.number(0, 0);
}

Result<bool> Exports::assign(const std::string& session, const std::string& destination) {
  WYE_TRY(const auto rows,
          database_.change(
              "WITH to_whom AS (SELECT id FROM destinations WHERE id=$2 FOR SHARE) UPDATE sessions SET "
              "export_seq=CASE WHEN export_to='' THEN spool_seq ELSE export_seq END, export_to=$2 WHERE "
              "id=$1 AND "
              "life='live' AND ($2='' OR $2 IN (SELECT id FROM to_whom))",
              Values().text(session).text(destination)));
  return rows.changed() > 0;
}

Result<std::vector<std::string>> Exports::destinations_behind() {
  WYE_TRY(const auto rows,
          database_.select("SELECT id FROM destinations d WHERE EXISTS (SELECT 1 FROM sessions "
                           "WHERE export_to=d.id AND " WYE_IS_BEHIND ")"));
  std::vector<std::string> out;
  for (int row = 0; row < rows.count(); ++row) out.push_back(rows.text(row, 0));
  return out;
}

Result<std::vector<BehindSession>> Exports::behind(const std::string& destination, const std::string& after,
                                                   std::int64_t limit) {
  WYE_TRY(
      const auto rows,
      database_.select("SELECT id, export_seq, spool_seq, life='gone' FROM sessions WHERE export_to=$1 AND "
                       "id>$2 AND " WYE_IS_BEHIND " ORDER BY id LIMIT $3",
                       Values().text(destination).text(after).number(limit)));
  std::vector<BehindSession> out;
  for (int row = 0; row < rows.count(); ++row)
    out.push_back({rows.text(row, 0), rows.number(row, 1), rows.number(row, 2), rows.flag(row, 3)});
  return out;
}

Result<void> Exports::advance(const std::string& destination, const std::vector<ExportMark>& marks) {
  std::vector<std::string> sessions;
  std::vector<std::int64_t> ends;
  for (const auto& mark : marks) {
    sessions.push_back(mark.session);
    ends.push_back(mark.to);
  }
  WYE_CHECK(
      database_.change("UPDATE sessions SET export_seq=greatest(export_seq, mark.seq) FROM "
                       "unnest($2::text[], $3::bigint[]) AS "
                       "mark(session, seq) WHERE id=mark.session AND export_to=$1",
                       Values().text(destination).texts(sessions).numbers(ends)));
  return {};
}

Result<std::int64_t> Exports::backlog(const std::string& destination) {
  WYE_TRY(const auto rows,
          database_.select("SELECT coalesce(sum(" WYE_SEQS_UP_TO(
                               "spool_seq") " + CASE WHEN life='gone' THEN 1 ELSE 0 END "
                                            "- " WYE_SEQS_UP_TO("export_seq") "), 0)::bigint FROM sessions "
                                                                              "WHERE export_to=$1 "
                                                                              "AND " WYE_IS_BEHIND,
                           Values().text(destination)));
  return rows.number(0, 0);
}

#undef WYE_IS_BEHIND
#undef WYE_SEQS_UP_TO
#undef WYE_END_OF

}  // namespace wye::control::postgres
