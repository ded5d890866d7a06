#include "control/store/postgres/archive.h"

#include <algorithm>

#include "base/try.h"
#include "control/store/postgres/archived_events.h"

namespace wye::control::postgres {
namespace {

// Of one statement that removes: it holds its rows.
constexpr std::int64_t kFewest = 16, kMost = 2000;

// The columns of a batch's records, and what they take.
struct Columns {
  explicit Columns(const host::ArchiveBatch& batch) {
    for (const auto& record : batch.records) {
      if (record.seq <= batch.expected.last_seq) continue;
      seqs.push_back(record.seq);
      times.push_back(record.ts);
      categories.push_back(record.category);
      types.push_back(record.type);
      texts.push_back(record.json);
      bytes += host::bytes_in_archive(record);
    }
  }
  std::vector<std::int64_t> seqs, times;
  std::vector<std::string> categories, types, texts;
  std::int64_t bytes = 0;
};

// The mark moves from where its writer left it, or nothing happens: the records are joined to that.
constexpr const char* kArchive = R"sql(
WITH moved AS (
  UPDATE sessions SET spool_offset=$2, spool_seq=$3, spool_ts=$4, spool_damaged=$5, spool_dropped=$6,
    incomplete_reason=CASE WHEN $19='' THEN incomplete_reason ELSE $19 END,
    incomplete_seq=CASE WHEN $19='' THEN incomplete_seq ELSE $20 END,
    incomplete_contact=CASE WHEN $19='' THEN incomplete_contact ELSE $21 END
  WHERE id=$1 AND life <> 'gone' AND spool_offset=$7 AND spool_seq=$8 AND spool_ts=$9 AND spool_damaged=$10 AND spool_dropped=$11
  RETURNING id
), added AS (
  INSERT INTO events SELECT id, seq, ts, category, type, json
  FROM moved, unnest($12::bigint[], $13::bigint[], $14::text[], $15::text[], $16::bytea[]) AS record(seq, ts, category, type, json)
), counted AS (
  INSERT INTO archives AS a (session, bytes, events) SELECT id, $17, $18 FROM moved WHERE $18 > 0
  ON CONFLICT (session) DO UPDATE SET bytes=a.bytes+$17, events=a.events+$18 RETURNING bytes
)
SELECT EXISTS (SELECT FROM moved),
  coalesce((SELECT bytes FROM counted), (SELECT bytes FROM archives WHERE session=$1 AND NOT expired), 0))sql";

Values values_of(const host::ArchiveBatch& batch, const Columns& columns) {
  Values out;
  out.text(batch.session);
  for (const auto& mark : {batch.mark, batch.expected})
    out.number(mark.offset)
        .number(mark.last_seq)
        .number(mark.last_ts)
        .number(mark.damaged)
        .number(mark.dropped);
  const auto incomplete = batch.incomplete.value_or(host::IncompleteArchive{});
  return out.numbers(columns.seqs)
      .numbers(columns.times)
      .texts(columns.categories)
      .texts(columns.types)
      .byte_rows(columns.texts)
      .number(columns.bytes)
      .number(static_cast<std::int64_t>(columns.seqs.size()))
      .text(incomplete.reason)
      .number(incomplete.last_seq)
      .number(incomplete.last_contact);
}

}  // namespace

Result<host::SpoolMark> Archive::spool_mark(const std::string& session) {
  WYE_TRY(
      const auto rows,
      database_.select("SELECT spool_offset, spool_seq, spool_ts, spool_damaged, spool_dropped FROM sessions "
                       "WHERE id=$1",
                       Values().text(session)));
  if (rows.empty()) return host::SpoolMark{};
  return host::SpoolMark{.offset = rows.number(0, 0),
                         .last_seq = rows.number(0, 1),
                         .last_ts = rows.number(0, 2),
                         .damaged = rows.number(0, 3),
                         .dropped = rows.number(0, 4)};
}

Result<std::vector<host::ArchiveOutcome>> Archive::archive(const std::vector<host::ArchiveBatch>& batches) {
  std::vector<host::ArchiveOutcome> out;
  const auto done = database_.write([&](Connection& connection) -> Result<void> {
    out.clear();
    for (const auto& batch : batches) {
      WYE_TRY(const auto rows, connection.run(kArchive, values_of(batch, Columns(batch))));
      const bool taken = rows.flag(0, 0);
      out.push_back({.taken = taken, .archive_bytes = taken ? rows.number(0, 1) : 0});
    }
    return {};
  });
  if (!done) return done.error();
  return out;
}

Result<std::int64_t> Archive::archive_bytes(const std::string& session) {
  WYE_TRY(const auto rows, database_.select("SELECT bytes FROM archives WHERE session=$1 AND NOT expired",
                                            Values().text(session)));
  return rows.empty() ? 0 : rows.number(0, 0);
}

std::unique_ptr<events::RecordSource> Archive::archived_events(const std::string& id) {
  return make_archived_events(database_, id);
}

Result<std::optional<host::IncompleteArchive>> Archive::incomplete_archive(const std::string& id) {
  WYE_TRY(const auto rows,
          database_.select(
              "SELECT incomplete_reason, incomplete_seq, incomplete_contact FROM sessions WHERE id=$1 "
              "AND incomplete_reason <> ''",
              Values().text(id)));
  if (rows.empty()) return std::optional<host::IncompleteArchive>();
  return std::optional(host::IncompleteArchive{
      .reason = rows.text(0, 0), .last_seq = rows.number(0, 1), .last_contact = rows.number(0, 2)});
}

Result<ArchiveSize> Archive::archive_size() {
  WYE_TRY(
      const auto rows,
      database_.select("SELECT coalesce(sum(bytes), 0)::bigint, count(*), count(*) FILTER (WHERE ended_at=0) "
                       "FROM archives WHERE NOT expired"));
  return ArchiveSize{.bytes = rows.number(0, 0), .sessions = rows.number(0, 1), .living = rows.number(0, 2)};
}

Result<std::optional<EndedArchive>> Archive::oldest_ended_archive() {
  WYE_TRY(const auto rows,
          database_.select("SELECT session, ended_at, bytes, events FROM archives WHERE ended_at > 0 "
                           "AND NOT expired ORDER BY ended_at, session LIMIT 1"));
  if (rows.empty()) return std::optional<EndedArchive>();
  return std::optional(EndedArchive{.session = rows.text(0, 0),
                                    .ended_at = rows.number(0, 1),
                                    .bytes = rows.number(0, 2),
                                    .events = rows.number(0, 3)});
}

Result<void> Archive::expire_archive(const std::string& id) {
  WYE_CHECK(database_.change("UPDATE archives SET expired=true WHERE session=$1 AND ended_at > 0",
                             Values().text(id)));
  return {};
}

Result<std::optional<std::int64_t>> Archive::remove_expired(std::int64_t bytes) {
  std::optional<std::int64_t> out;
  const auto done = database_.write([&](Connection& connection) -> Result<void> {
    out.reset();
    WYE_TRY(const auto next,
            connection.run(
                "SELECT session, bytes, events FROM archives WHERE expired LIMIT 1 FOR UPDATE SKIP LOCKED"));
    if (next.empty()) return {};
    const auto each = next.number(0, 1) / std::max<std::int64_t>(1, next.number(0, 2));
    const auto most = std::clamp(bytes / std::max<std::int64_t>(1, each), kFewest, kMost);
    const auto session = next.text(0, 0);
    WYE_TRY(const auto removed,
            connection.run(
                "DELETE FROM events WHERE session=$1 AND seq IN (SELECT seq FROM events WHERE session=$1 "
                "ORDER BY seq LIMIT $2)",
                Values().text(session).number(most)));
    out = removed.changed();
    if (*out < most)
      WYE_CHECK(connection.run("DELETE FROM archives WHERE session=$1", Values().text(session)));
    return {};
  });
  if (!done) return done.error();
  return out;
}

}  // namespace wye::control::postgres
