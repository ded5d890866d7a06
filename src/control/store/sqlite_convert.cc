#include "control/store/sqlite_convert.h"

#include <limits>
#include <vector>

#include "base/try.h"
#include "control/store/sqlite_chunks.h"

namespace wye::control {
namespace {

constexpr std::int64_t kRowsAStep = 5000;
constexpr std::size_t kBytesAStep = 4u << 20;
constexpr std::int64_t kSayEvery = 250'000;  // rows: a few seconds
constexpr int kRowsInTheWay = 5;             // the last schema that has them

struct Tally {
  std::int64_t rows = 0, events = 0;
};

// The first rows of all, up to the end of their session, which are as many as are removed at once.
struct Rows {
  std::string session;
  std::vector<events::Record> records;
  std::int64_t count = 0;
};

Result<Rows> read_rows(Database& database) {
  Rows out;
  std::size_t bytes = 0;
  Statement read(database.handle(),
                 "SELECT session, seq, ts, category, type, json FROM events ORDER BY session, seq LIMIT ?1");
  read.bind(1, kRowsAStep);
  while (bytes < kBytesAStep) {
    WYE_TRY(const bool row, read.step());
    if (!row) break;
    if (out.count == 0) out.session = read.text(0);
    if (read.text(0) != out.session) break;
    ++out.count;
    events::Record record{.seq = read.number(1),
                          .ts = read.number(2),
                          .category = read.text(3),
                          .type = read.text(4),
                          .json = read.text(5)};
    bytes += record.json.size() + 100;
    out.records.push_back(std::move(record));
  }
  return out;
}

Result<Tally> move_some(Database& database, ChunkPacking& packing) {
  Transaction change(database);
  WYE_CHECK(change.begun());
  Statement version(database.handle(), "PRAGMA user_version");
  WYE_TRY([[maybe_unused]] const bool row, version.step());
  if (version.number(0) > kRowsInTheWay) return Tally();  // another connection was faster
  version.reset();
  WYE_TRY(const auto rows, read_rows(database));
  constexpr auto kAll = std::numeric_limits<std::int64_t>::min();
  WYE_TRY(const auto growth,
          add_to_chunks(database, packing, rows.session, entries_by_category(rows.records, kAll)));
  // Inserts row by row as they were read, whatever the types of their columns.
  WYE_CHECK(Statement(database.handle(),
                      "DELETE FROM events WHERE (session, seq) IN (SELECT session, seq FROM events ORDER BY "
                      "session, seq LIMIT ?1)")
                .bind(1, rows.count)
                .run());
  WYE_CHECK(change.commit());
  return Tally{.rows = rows.count, .events = growth.events};
}

}  // namespace

Result<void> move_rows_into_chunks(Database& database, const std::function<void(const std::string&)>& say) {
  ChunkPacking packing;
  Tally all;
  for (;;) {
    WYE_TRY(const auto some, move_some(database, packing));
    if (some.rows == 0) break;
    const auto said = all.rows / kSayEvery;
    all.rows += some.rows;
    all.events += some.events;
    if (all.rows / kSayEvery > said)
      say("the archive is being packed: " + std::to_string(all.events) + " events so far");
  }
  if (all.rows > 0)
    say("the archive was packed: " + std::to_string(all.events) + " events, " +
        std::to_string(all.rows - all.events) + " rows that were none");
  return {};
}

}  // namespace wye::control
