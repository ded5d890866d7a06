#include "control/store/sqlite_archive.h"

#include <algorithm>
#include <numeric>

#include "base/try.h"

namespace wye::control {
namespace {

// Of one statement that removes: it holds the writers' lock.
constexpr std::int64_t kFewest = 16, kMost = 2000;

// One moment of the archive, for a page that takes several statements.
class ReadMoment {
 public:
  explicit ReadMoment(Database& database) : database_(database), begun_(database.execute("BEGIN")) {}
  ~ReadMoment() {
    if (begun_) (void)database_.execute("COMMIT");
  }
  ReadMoment(const ReadMoment&) = delete;
  ReadMoment& operator=(const ReadMoment&) = delete;
  [[nodiscard]] const Result<void>& begun() const { return begun_; }

 private:
  Database& database_;
  Result<void> begun_;
};

class ArchivedEvents final : public events::RecordSource {
 public:
  ArchivedEvents(Database& database, std::mutex& mutex, std::string session)
      : database_(database), mutex_(mutex), session_(std::move(session)) {}

  Result<void> scan(const Scan& scan, const Visitor& visit) override {
    const std::lock_guard lock(mutex_);
    const ReadMoment moment(database_);
    WYE_CHECK(moment.begun());
    WYE_TRY(const bool expired, is_expired());
    if (expired) return {};
    std::vector<Cursor> cursors;
    if (scan.categories == nullptr || scan.categories->empty()) {
      WYE_CHECK(add_cursor(cursors, scan, nullptr));
    } else {
      auto names = *scan.categories;
      std::sort(names.begin(), names.end());
      names.erase(std::unique(names.begin(), names.end()), names.end());
      for (const auto& name : names) WYE_CHECK(add_cursor(cursors, scan, &name));
    }
    return merge(cursors, scan.ascending, visit);
  }

  // Bisected: `ts` never falls while `seq` rises.
  Result<std::optional<std::int64_t>> first_at(std::int64_t ts) override {
    const std::lock_guard lock(mutex_);
    const ReadMoment moment(database_);
    WYE_CHECK(moment.begun());
    WYE_TRY(const bool expired, is_expired());
    if (expired) return std::optional<std::int64_t>();
    Statement ends(database_.handle(), "SELECT min(seq), max(seq) FROM events WHERE session=?1");
    ends.bind(1, session_);
    WYE_TRY([[maybe_unused]] const bool row, ends.step());
    auto low = ends.number(0), high = ends.number(1);
    Statement read(database_.handle(),
                   "SELECT seq, ts FROM events WHERE session=?1 AND seq>=?2 ORDER BY seq LIMIT 1");
    const auto first_from = [&](std::int64_t seq) -> Result<std::optional<Moment>> {
      read.reset();
      read.bind(1, session_).bind(2, seq);
      WYE_TRY(const bool found, read.step());
      return found ? std::optional<Moment>({read.number(0), read.number(1)}) : std::optional<Moment>();
    };
    WYE_TRY(const auto last, first_from(high));
    if (!last || last->ts < ts) return std::optional<std::int64_t>();
    while (low < high) {
      const auto middle = std::midpoint(low, high);
      WYE_TRY(const auto found, first_from(middle));
      if (found && found->ts < ts)
        low = std::max(middle, found->seq) + 1;
      else
        high = middle;
    }
    WYE_TRY(const auto found, first_from(low));
    return found ? std::optional<std::int64_t>(found->seq) : std::optional<std::int64_t>();
  }

 private:
  struct Moment {
    std::int64_t seq, ts;
  };
  struct Cursor {
    Statement read;
    std::int64_t seq;
  };

  Result<bool> is_expired() {
    Statement read(database_.handle(), "SELECT expired FROM archives WHERE session=?1");
    read.bind(1, session_);
    WYE_TRY(const bool row, read.step());
    return row && read.number(0) != 0;
  }

  // Stands at its first record; none when it has none.
  Result<void> add_cursor(std::vector<Cursor>& cursors, const Scan& scan, const std::string* category) {
    std::string sql = "SELECT seq, ts, category, type, json FROM events";
    sql += category != nullptr ? " INDEXED BY events_by_category WHERE session=?1 AND category=?3 AND seq"
                               : " WHERE session=?1 AND seq";
    sql += scan.ascending ? ">=?2 ORDER BY seq" : "<?2 ORDER BY seq DESC";
    Statement read(database_.handle(), sql);
    read.bind(1, session_).bind(2, scan.from);
    if (category != nullptr) read.bind(3, *category);
    WYE_TRY(const bool row, read.step());
    if (!row) return {};
    const auto seq = read.number(0);
    cursors.push_back({std::move(read), seq});
    return {};
  }

  static Result<void> merge(std::vector<Cursor>& cursors, bool ascending, const Visitor& visit) {
    while (!cursors.empty()) {
      const auto next = std::min_element(cursors.begin(), cursors.end(), [&](const auto& a, const auto& b) {
        return ascending ? a.seq < b.seq : a.seq > b.seq;
      });
      auto& read = next->read;
      if (!visit({.seq = next->seq,
                  .ts = read.number(1),
                  .category = read.text(2),
                  .type = read.text(3),
                  .json = read.text(4)}))
        return {};
      WYE_TRY(const bool row, read.step());
      if (row)
        next->seq = read.number(0);
      else
        cursors.erase(next);
    }
    return {};
  }

  Database& database_;
  std::mutex& mutex_;
  const std::string session_;
};

}  // namespace

Result<void> add_to_archive(Database& database, const std::string& session, std::int64_t after,
                            const std::vector<events::Record>& records) {
  std::int64_t bytes = 0, events = 0;
  Statement insert(database.handle(), "INSERT OR IGNORE INTO events VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
  for (const auto& record : records) {
    if (record.seq <= after) continue;
    insert.bind(1, session).bind(2, record.seq).bind(3, record.ts).bind(4, record.category);
    WYE_CHECK(insert.bind(5, record.type).bind(6, record.json).run());
    if (::sqlite3_changes64(database.handle()) > 0) {
      ++events;
      bytes += host::bytes_in_archive(record);
    }
    insert.reset();
  }
  if (events == 0) return {};
  return Statement(database.handle(),
                   "INSERT INTO archives (session, bytes, events) VALUES (?1, ?2, ?3) ON CONFLICT (session) "
                   "DO UPDATE SET bytes=bytes+?2, events=events+?3")
      .bind(1, session)
      .bind(2, bytes)
      .bind(3, events)
      .run();
}

Result<ArchiveSize> read_archive_size(Database& database) {
  Statement read(database.handle(),
                 "SELECT coalesce(sum(bytes), 0), count(*), count(*) FILTER (WHERE ended_at=0) FROM archives "
                 "WHERE expired=0");
  WYE_TRY([[maybe_unused]] const bool row, read.step());
  return ArchiveSize{.bytes = read.number(0), .sessions = read.number(1), .living = read.number(2)};
}

Result<std::int64_t> read_archive_bytes(Database& database, const std::string& session) {
  Statement read(database.handle(), "SELECT bytes FROM archives WHERE session=?1 AND expired=0");
  WYE_TRY(const bool row, read.bind(1, session).step());
  return row ? read.number(0) : 0;
}

Result<std::optional<EndedArchive>> read_oldest_ended_archive(Database& database) {
  Statement read(
      database.handle(),
      "SELECT session, ended_at, bytes, events FROM archives WHERE ended_at > 0 AND expired = 0 ORDER "
      "BY ended_at LIMIT 1");
  WYE_TRY(const bool row, read.step());
  if (!row) return std::optional<EndedArchive>();
  return std::optional<EndedArchive>({.session = read.text(0),
                                      .ended_at = read.number(1),
                                      .bytes = read.number(2),
                                      .events = read.number(3)});
}

Result<std::optional<std::int64_t>> remove_expired_events(Database& database, std::int64_t bytes) {
  Transaction change(database);
  WYE_CHECK(change.begun());
  Statement next(database.handle(), "SELECT session, bytes, events FROM archives WHERE expired = 1 LIMIT 1");
  WYE_TRY(const bool row, next.step());
  if (!row) return std::optional<std::int64_t>();
  const auto session = next.text(0);
  const auto each = next.number(1) / std::max<std::int64_t>(1, next.number(2));
  const auto most = std::clamp(bytes / std::max<std::int64_t>(1, each), kFewest, kMost);
  next.reset();
  WYE_CHECK(
      Statement(database.handle(),
                "DELETE FROM events WHERE session=?1 AND seq IN (SELECT seq FROM events WHERE session=?1 "
                "ORDER BY seq LIMIT ?2)")
          .bind(1, session)
          .bind(2, most)
          .run());
  const auto removed = static_cast<std::int64_t>(::sqlite3_changes64(database.handle()));
  if (removed < most)
    WYE_CHECK(Statement(database.handle(), "DELETE FROM archives WHERE session=?1").bind(1, session).run());
  WYE_CHECK(change.commit());
  return std::optional(removed);
}

std::unique_ptr<events::RecordSource> make_archived_events(Database& database, std::mutex& mutex,
                                                           std::string session) {
  return std::make_unique<ArchivedEvents>(database, mutex, std::move(session));
}

}  // namespace wye::control
