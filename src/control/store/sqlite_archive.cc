#include "control/store/sqlite_archive.h"

#include "base/try.h"

namespace wye::control {
namespace {

// A read transaction, so that all statements of a page see one moment.
class ReadMoment {
 public:
  explicit ReadMoment(Database& database) : database_(database), begun_(database.kept("BEGIN").run()) {}
  ~ReadMoment() {
    if (begun_) (void)database_.kept("COMMIT").run();
  }
  ReadMoment(const ReadMoment&) = delete;
  ReadMoment& operator=(const ReadMoment&) = delete;
  [[nodiscard]] const Result<void>& begun() const { return begun_; }

 private:
  Database& database_;
  Result<void> begun_;
};

struct Removal {
  std::vector<std::int64_t> ids;
  std::int64_t events = 0;
};

Result<Removal> choose_chunks(Database& database, const std::string& session, std::int64_t bytes) {
  Removal out;
  Statement read(database.handle(),
                 "SELECT id, events, length(body) FROM chunks WHERE session=?1 ORDER BY category, first_seq "
                 "LIMIT ?2");
  read.bind(1, session).bind(2, kMostRemovedChunks);
  do {
    WYE_TRY(const bool row, read.step());
    if (!row) break;
    out.ids.push_back(read.number(0));
    out.events += read.number(1);
    bytes -= read.number(2) + kBesideBody;
  } while (bytes > 0);
  return out;
}

}  // namespace

class ArchiveReader::Events final : public events::RecordSource {
 public:
  Events(ArchiveReader& reader, std::string session) : reader_(reader), session_(std::move(session)) {}

  Result<void> scan(const Scan& scan, const Visitor& visit) override {
    return at_one_moment([&](ChunkLog& log) { return log.scan(scan, visit); });
  }
  Result<std::optional<std::int64_t>> first_at(std::int64_t ts) override {
    return at_one_moment([&](ChunkLog& log) { return log.first_at(ts); });
  }

 private:
  template <class Read>
  auto at_one_moment(const Read& read) -> decltype(read(std::declval<ChunkLog&>())) {
    const std::lock_guard lock(reader_.mutex_);
    const ReadMoment moment(reader_.database_);
    WYE_CHECK(moment.begun());
    WYE_CHECK(reader_.finder_.select(session_));
    ChunkLog log(reader_.finder_, reader_.shelf_, session_);
    return read(log);
  }
  ArchiveReader& reader_;
  const std::string session_;
};

std::unique_ptr<events::RecordSource> ArchiveReader::events(std::string session) {
  return std::make_unique<Events>(*this, std::move(session));
}

Result<ArchiveSize> read_archive_size(Database& database) {
  Statement read(database.handle(),
                 "SELECT coalesce(sum(bytes), 0), count(*), count(*) FILTER (WHERE ended_at=0) FROM archives "
                 "WHERE expired=0");
  WYE_TRY([[maybe_unused]] const bool row, read.step());
  return ArchiveSize{.bytes = read.number(0), .sessions = read.number(1), .living = read.number(2)};
}

Result<std::int64_t> read_archive_bytes(Database& database, const std::string& session) {
  auto read = database.kept("SELECT bytes FROM archives WHERE session=?1 AND expired=0");
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

Result<std::optional<std::int64_t>> remove_expired_chunks(Database& database, std::int64_t bytes) {
  Transaction change(database);
  WYE_CHECK(change.begun());
  Statement next(database.handle(), "SELECT session FROM archives WHERE expired = 1 LIMIT 1");
  WYE_TRY(const bool row, next.step());
  if (!row) return std::optional<std::int64_t>();
  const auto session = next.text(0);
  next.reset();
  WYE_TRY(const auto removal, choose_chunks(database, session, bytes));
  Statement remove(database.handle(), "DELETE FROM chunks WHERE id=?1");
  for (const auto id : removal.ids) {
    WYE_CHECK(remove.bind(1, id).run());
    remove.reset();
  }
  if (removal.ids.empty())
    WYE_CHECK(Statement(database.handle(), "DELETE FROM archives WHERE session=?1").bind(1, session).run());
  WYE_CHECK(change.commit());
  return std::optional(removal.events);
}

}  // namespace wye::control
