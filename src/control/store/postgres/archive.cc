#include "control/store/postgres/archive.h"

#include <set>

#include "base/try.h"
#include "control/store/postgres/archived_events.h"
#include "control/store/postgres/chunks.h"

namespace wye::control::postgres {
namespace {

// The mark moves from where its writer left it, or nothing happens. The chunks are joined to the mark's row
// and change only with it, so the chunks that these were made from are still there. A rewritten chunk keeps
// its row.
constexpr const char* kArchive = R"sql(
WITH moved AS (
  UPDATE sessions SET spool_offset=$2, spool_seq=$3, spool_ts=$4, spool_damaged=$5, spool_dropped=$6,
    incomplete_reason=CASE WHEN $12='' THEN incomplete_reason ELSE $12 END,
    incomplete_seq=CASE WHEN $12='' THEN incomplete_seq ELSE $13 END,
    incomplete_contact=CASE WHEN $12='' THEN incomplete_contact ELSE $14 END
  WHERE id=$1 AND life <> 'gone' AND spool_offset=$7 AND spool_seq=$8 AND spool_ts=$9 AND spool_damaged=$10 AND spool_dropped=$11
  RETURNING id
), merged AS (
  DELETE FROM chunks USING moved, unnest($15::text[], $16::bigint[]) AS old(name, begin)
  WHERE session=id AND category=name AND first_seq=begin
), written AS (
  INSERT INTO chunks (session, category, first_seq, last_seq, first_ts, last_ts, events, text_bytes, body)
  SELECT moved.id, chunk.* FROM moved, unnest($17::text[], $18::bigint[], $19::bigint[], $20::bigint[], $21::bigint[], $22::bigint[],
    $23::bigint[], $24::bytea[]) AS chunk
  ON CONFLICT (session, category, first_seq) DO UPDATE SET last_seq=excluded.last_seq, last_ts=excluded.last_ts,
    events=excluded.events, text_bytes=excluded.text_bytes, body=excluded.body
), counted AS (
  INSERT INTO archives AS a (session, bytes, events, categories) SELECT id, $25, $26, $27 FROM moved WHERE $26 > 0
  ON CONFLICT (session) DO UPDATE SET bytes=a.bytes+$25, events=a.events+$26,
    categories=ARRAY(SELECT DISTINCT unnest(a.categories || excluded.categories)) RETURNING bytes
)
SELECT EXISTS (SELECT FROM moved),
  coalesce((SELECT bytes FROM counted), (SELECT bytes FROM archives WHERE session=$1 AND NOT expired), 0))sql";

// Adds the chunks that are merged into others, and the columns of those that are written.
void add_chunks(Values& out, const ArchiveChange& change) {
  std::set<std::pair<std::string, std::int64_t>> begins;
  std::vector<std::string> names, bodies, old_names;
  std::vector<std::int64_t> first_seqs, last_seqs, first_times, last_times, events, texts, old_begins;
  for (const auto& [meta, body] : change.written) {
    begins.emplace(meta.category, meta.first_seq);
    names.push_back(meta.category);
    first_seqs.push_back(meta.first_seq);
    last_seqs.push_back(meta.last_seq);
    first_times.push_back(meta.first_ts);
    last_times.push_back(meta.last_ts);
    events.push_back(meta.events);
    texts.push_back(meta.text_bytes);
    bodies.push_back(body);
  }
  for (const auto& meta : change.replaced) {
    if (begins.contains({meta.category, meta.first_seq})) continue;
    old_names.push_back(meta.category);
    old_begins.push_back(meta.first_seq);
  }
  out.texts(old_names).numbers(old_begins).texts(names).numbers(first_seqs).numbers(last_seqs);
  out.numbers(first_times).numbers(last_times).numbers(events).numbers(texts).byte_rows(bodies);
}

Values values_of(const host::ArchiveBatch& batch, const ArchiveChange& change) {
  Values out;
  out.text(batch.session);
  for (const auto& mark : {batch.mark, batch.expected})
    out.number(mark.offset)
        .number(mark.last_seq)
        .number(mark.last_ts)
        .number(mark.damaged)
        .number(mark.dropped);
  const auto incomplete = batch.incomplete.value_or(host::IncompleteArchive{});
  out.text(incomplete.reason).number(incomplete.last_seq).number(incomplete.last_contact);
  add_chunks(out, change);
  return out.number(change.bytes).number(change.events).texts(change.categories);
}

// Removes whole chunks from the front: as many as hold $2 bytes, but no more than $3. $4 is what a chunk
// takes beside its body.
constexpr const char* kRemove = R"sql(
WITH front AS (
  SELECT category, first_seq, sum(octet_length(body) + $4) OVER (ORDER BY category, first_seq) - octet_length(body) - $4 AS before
  FROM (SELECT * FROM chunks WHERE session=$1 ORDER BY category, first_seq LIMIT $3) AS first
), removed AS (
  DELETE FROM chunks USING front WHERE chunks.session=$1 AND chunks.category=front.category AND chunks.first_seq=front.first_seq
    AND before <= greatest(0, $2 - 1) RETURNING events
)
SELECT count(*), coalesce(sum(events), 0)::bigint FROM removed)sql";

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

Result<host::ArchiveOutcome> Archive::archive_one(Connection& connection, const host::ArchiveBatch& batch) {
  const auto entries = entries_by_category(batch.records, batch.expected.last_seq);
  WYE_TRY(auto trailing, PostgresTrailing::read(connection, batch.session, entries));
  ArchiveChange change;
  {
    const std::lock_guard lock(packing_mutex_);
    WYE_TRY(change, grow_archive(packing_, trailing, entries));
  }
  WYE_TRY(const auto rows, connection.run_planned(kArchive, values_of(batch, change)));
  const bool taken = rows.flag(0, 0);
  return host::ArchiveOutcome{.taken = taken, .archive_bytes = taken ? rows.number(0, 1) : 0};
}

Result<std::vector<host::ArchiveOutcome>> Archive::archive(const std::vector<host::ArchiveBatch>& batches) {
  std::vector<host::ArchiveOutcome> out;
  const auto work = [&](Connection& connection) -> Result<void> {
    out.clear();
    for (const auto& batch : batches) {
      WYE_TRY(const auto outcome, archive_one(connection, batch));
      out.push_back(outcome);
    }
    return {};
  };
  WYE_CHECK(database_.write(work, patience_));
  return out;
}

Result<std::int64_t> Archive::archive_bytes(const std::string& session) {
  WYE_TRY(const auto rows, database_.select("SELECT bytes FROM archives WHERE session=$1 AND NOT expired",
                                            Values().text(session)));
  return rows.empty() ? 0 : rows.number(0, 0);
}

std::unique_ptr<events::RecordSource> Archive::archived_events(const std::string& id) {
  return make_archived_events(database_, shelf_, id);
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
  const auto work = [&](Connection& connection) -> Result<void> {
    out.reset();
    WYE_TRY(const auto next,
            connection.run("SELECT session FROM archives WHERE expired LIMIT 1 FOR UPDATE SKIP LOCKED"));
    if (next.empty()) return {};
    const auto session = next.text(0, 0);
    WYE_TRY(
        const auto removed,
        connection.run(kRemove,
                       Values().text(session).number(bytes).number(kMostRemovedChunks).number(kBesideBody)));
    out = removed.number(0, 1);
    if (removed.number(0, 0) == 0)
      WYE_CHECK(connection.run("DELETE FROM archives WHERE session=$1", Values().text(session)));
    return {};
  };
  WYE_CHECK(database_.write(work));
  return out;
}

}  // namespace wye::control::postgres
