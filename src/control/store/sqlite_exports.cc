#include "control/store/sqlite_exports.h"

#include "base/try.h"
#include "events/lost_tail.h"
#include "wire/json_codec.h"

namespace wye::control {
namespace {

constexpr std::string_view kSelect =
    "SELECT id, name, endpoint, headers, description, protocol, signals, created_at, updated_at FROM "
    "destinations ";
// Repeats the expression of the index `sessions_behind`, so that SQLite uses it.
constexpr std::string_view kBehind = "export_to!='' AND export_seq<spool_seq+(life='gone')";

std::string_view name_of(Destination::Protocol protocol) {
  return protocol == Destination::Protocol::json ? "json" : "protobuf";
}

std::string signals_of(const Destination& destination) {
  return std::string(destination.logs ? "logs " : "") + (destination.traces ? "traces " : "");
}

// The message quotes nothing of the row, which may be a secret.
Result<Destination> read_destination(const Statement& row) {
  auto headers = wire::from_text<std::map<std::string, std::string>>(row.text(3));
  if (!headers)
    return Error{.kind = ErrorKind::internal,
                 .code = "store_damaged",
                 .message = "the record of destination \"" + row.text(0) +
                            "\" is damaged; delete it, or restore a backup with `wye restore`"};
  const auto signals = row.text(6);
  return Destination{
      .id = row.text(0),
      .name = row.text(1),
      .endpoint = row.text(2),
      .headers = std::move(*headers),
      .description = row.text(4),
      .protocol = row.text(5) == "json" ? Destination::Protocol::json : Destination::Protocol::protobuf,
      .logs = signals.find("logs ") != std::string::npos,
      .traces = signals.find("traces ") != std::string::npos,
      .created_at = row.number(7),
      .updated_at = row.number(8)};
}

// events::seqs_up_to for a column.
std::string seqs_up_to(const std::string& column) {
  static_assert(events::kLostTail == 1'099'511'627'776);
  return "iif(" + column + "<1099511627776, " + column + ", " + column + "-1099511627775)";
}

class SqliteExports final : public ExportStore {
 public:
  SqliteExports(Database& writer, std::mutex& mutex, Database reader)
      : writer_(writer), writing_(mutex), reader_(std::move(reader)) {}

  Result<void> add(const Destination& it) override {
    const std::lock_guard lock(writing_);
    const PowerSafe power_safe(writer_);
    auto insert = write("INSERT INTO destinations VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");
    return named(bind(insert, it).bind(8, it.created_at).bind(9, it.updated_at).run(), it);
  }

  Result<bool> update(const Destination& it) override {
    const std::lock_guard lock(writing_);
    const PowerSafe power_safe(writer_);
    auto change = write(
        "UPDATE destinations SET name=?2, endpoint=?3, headers=?4, description=?5, protocol=?6, signals=?7, "
        "updated_at=?8 WHERE id=?1");
    WYE_CHECK(named(bind(change, it).bind(8, it.updated_at).run(), it));
    return changed();
  }

  Result<Removal> remove(const std::string& id) override {
    const std::lock_guard lock(writing_);
    const PowerSafe power_safe(writer_);
    Transaction change(writer_);
    WYE_CHECK(change.begun());
    auto used = write("SELECT 1 FROM sessions WHERE export_to=?1 AND export_to!='' AND life!='gone' LIMIT 1");
    WYE_TRY(const bool in_use, used.bind(1, id).step());
    if (in_use) return Removal::in_use;
    used.reset();
    WYE_CHECK(write("DELETE FROM destinations WHERE id=?1").bind(1, id).run());
    const bool there = changed();
    WYE_CHECK(write("UPDATE sessions SET export_to='' WHERE export_to=?1 AND " + std::string(kBehind))
                  .bind(1, id)
                  .run());
    WYE_CHECK(change.commit());
    return there ? Removal::removed : Removal::not_there;
  }

  Result<std::optional<Destination>> by_id(const std::string& id) override { return one("WHERE id=?1", id); }
  Result<std::optional<Destination>> by_name(const std::string& name) override {
    return one("WHERE lower(name)=lower(?1)", name);
  }

  Result<std::vector<Destination>> list(const DestinationFilter& filter) override {
    const std::lock_guard lock(reading_);
    auto rows = read(std::string(kSelect) +
                     "WHERE (?1='' OR id=?1 OR instr(lower(name), lower(?1))>0 OR instr(lower(endpoint), "
                     "lower(?1))>0 OR instr(lower(description), lower(?1))>0) AND (?2='' OR "
                     "lower(name)=lower(?2)) ORDER BY created_at DESC, id LIMIT ?3 OFFSET ?4");
    rows.bind(1, filter.query).bind(2, filter.name).bind(3, filter.limit + 1).bind(4, filter.offset);
    std::vector<Destination> out;
    for (;;) {
      WYE_TRY(const bool row, rows.step());
      if (!row) return out;
      WYE_TRY(auto destination, read_destination(rows));
      out.push_back(std::move(destination));
    }
  }

  Result<std::int64_t> count() override {
    const std::lock_guard lock(reading_);
    auto row = read("SELECT count(*) FROM destinations");
    WYE_TRY([[maybe_unused]] const bool there, row.step());
    return row.number(0);
  }

  Result<bool> assign(const std::string& session, const std::string& destination) override {
    const std::lock_guard lock(writing_);
    const PowerSafe power_safe(writer_);
    WYE_CHECK(write("UPDATE sessions SET export_seq=iif(export_to='', spool_seq, export_seq), export_to=?2 "
                    "WHERE id=?1 AND life='live' AND (?2='' OR ?2 IN (SELECT id FROM destinations))")
                  .bind(1, session)
                  .bind(2, destination)
                  .run());
    return changed();
  }

  Result<std::vector<std::string>> destinations_behind() override {
    const std::lock_guard lock(reading_);
    auto rows =
        read("SELECT id FROM destinations d WHERE EXISTS (SELECT 1 FROM sessions WHERE export_to=d.id AND " +
             std::string(kBehind) + ")");
    std::vector<std::string> out;
    for (;;) {
      WYE_TRY(const bool row, rows.step());
      if (!row) return out;
      out.push_back(rows.text(0));
    }
  }

  Result<std::vector<BehindSession>> behind(const std::string& destination, const std::string& after,
                                            std::int64_t limit) override {
    const std::lock_guard lock(reading_);
    auto rows =
        read("SELECT id, export_seq, spool_seq, life='gone' FROM sessions WHERE export_to=?1 AND id>?2 AND " +
             std::string(kBehind) + " ORDER BY id LIMIT ?3");
    rows.bind(1, destination).bind(2, after).bind(3, limit);
    std::vector<BehindSession> out;
    for (;;) {
      WYE_TRY(const bool row, rows.step());
      if (!row) return out;
      out.push_back({rows.text(0), rows.number(1), rows.number(2), rows.number(3) != 0});
    }
  }

  Result<void> advance(const std::string& destination, const std::vector<ExportMark>& marks) override {
    const std::lock_guard lock(writing_);
    Transaction change(writer_);
    WYE_CHECK(change.begun());
    auto move = write("UPDATE sessions SET export_seq=max(export_seq, ?3) WHERE id=?1 AND export_to=?2");
    for (const auto& mark : marks) {
      WYE_CHECK(move.bind(1, mark.session).bind(2, destination).bind(3, mark.to).run());
      move.reset();
    }
    return change.commit();
  }

  Result<std::int64_t> backlog(const std::string& destination) override {
    const std::lock_guard lock(reading_);
    auto row =
        read("SELECT coalesce(sum(" + seqs_up_to("spool_seq") + "+(life='gone')-" + seqs_up_to("export_seq") +
             "), 0) FROM sessions WHERE export_to=?1 AND " + std::string(kBehind));
    WYE_TRY([[maybe_unused]] const bool there, row.bind(1, destination).step());
    return row.number(0);
  }

 private:
  Statement write(std::string_view sql) { return {writer_.handle(), sql}; }
  Statement read(std::string_view sql) { return {reader_.handle(), sql}; }
  bool changed() { return ::sqlite3_changes64(writer_.handle()) > 0; }

  static Statement& bind(Statement& statement, const Destination& it) {
    return statement.bind(1, it.id)
        .bind(2, it.name)
        .bind(3, it.endpoint)
        .bind(4, wire::to_text(it.headers))
        .bind(5, it.description)
        .bind(6, name_of(it.protocol))
        .bind(7, signals_of(it));
  }
  static Result<void> named(Result<void> done, const Destination& it) {
    if (done || done.error().kind != ErrorKind::conflict) return done;
    return Error{.kind = ErrorKind::conflict,
                 .code = "name_conflict",
                 .message = "a destination is called \"" + it.name + "\" already"};
  }
  Result<std::optional<Destination>> one(const std::string& where, const std::string& value) {
    const std::lock_guard lock(reading_);
    auto row = read(std::string(kSelect) + where);
    WYE_TRY(const bool there, row.bind(1, value).step());
    if (!there) return std::optional<Destination>();
    WYE_TRY(auto destination, read_destination(row));
    return std::optional<Destination>(std::move(destination));
  }
  Database& writer_;
  std::mutex& writing_;
  Database reader_;
  std::mutex reading_;
};

}  // namespace

std::unique_ptr<ExportStore> make_sqlite_exports(Database& writer, std::mutex& mutex, Database reader) {
  return std::make_unique<SqliteExports>(writer, mutex, std::move(reader));
}

}  // namespace wye::control
