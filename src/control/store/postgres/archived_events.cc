#include "control/store/postgres/archived_events.h"

#include <limits>

#include "base/try.h"
#include "control/store/postgres/chunks.h"

namespace wye::control::postgres {
namespace {

class ArchivedEvents final : public events::RecordSource {
 public:
  ArchivedEvents(Database& database, ChunkShelf& shelf, std::string session)
      : database_(database), shelf_(shelf), session_(std::move(session)) {}

  Result<void> scan(const Scan& scan, const Visitor& visit) override {
    auto rest = scan;  // after a connection is lost in the middle, another one continues from there
    const auto visit_once = [&](const events::Record& record) {
      const bool has_next = record.seq < std::numeric_limits<std::int64_t>::max();
      rest.from = scan.ascending && has_next ? record.seq + 1 : record.seq;
      return visit(record);
    };
    return at_one_moment([&](ChunkLog& log) { return log.scan(rest, visit_once); });
  }

  Result<std::optional<std::int64_t>> first_at(std::int64_t ts) override {
    std::optional<std::int64_t> first;
    WYE_CHECK(at_one_moment([&](ChunkLog& log) -> Result<void> {
      WYE_TRY(first, log.first_at(ts));
      return {};
    }));
    return first;
  }

 private:
  Result<void> at_one_moment(const std::function<Result<void>(ChunkLog&)>& read) {
    return database_.read_at_one_moment([&](Connection& connection) {
      PostgresChunkFinder finder(connection, session_);
      ChunkLog log(finder, shelf_, session_);
      return read(log);
    });
  }

  Database& database_;
  ChunkShelf& shelf_;
  const std::string session_;
};

}  // namespace

std::unique_ptr<events::RecordSource> make_archived_events(Database& database, ChunkShelf& shelf,
                                                           std::string session) {
  return std::make_unique<ArchivedEvents>(database, shelf, std::move(session));
}

}  // namespace wye::control::postgres
