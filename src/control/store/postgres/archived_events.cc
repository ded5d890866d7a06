#include "control/store/postgres/archived_events.h"

#include <algorithm>

#include "base/try.h"

namespace wye::control::postgres {
namespace {

constexpr std::int64_t kFirstPiece = 24, kLargestPiece = 500;  // records; more than a usual page at first
constexpr std::int64_t kPieceBytes = 4LL << 20;

constexpr const char* kNotExpired =
    " AND NOT EXISTS (SELECT FROM archives WHERE archives.session=$1 AND expired) ";

// Bisected: `ts` never falls while `seq` rises.
constexpr const char* kFirstAt = R"sql(
WITH RECURSIVE span AS (SELECT min(seq) AS low, max(seq) + 1 AS high FROM events WHERE session=$1), half(low, high) AS (
  SELECT low, high FROM span WHERE low IS NOT NULL
  UNION ALL
  SELECT CASE WHEN e.ts < $2 THEN e.seq + 1 ELSE low END, CASE WHEN e.ts < $2 THEN high ELSE middle END
  FROM (SELECT low, high, (low + high) / 2 AS middle FROM half WHERE low < high) AS at
  CROSS JOIN LATERAL (SELECT seq, ts FROM events WHERE session=$1 AND seq >= middle ORDER BY seq LIMIT 1) AS e
)
SELECT seq FROM events WHERE session=$1 AND seq >= (SELECT low FROM half WHERE low >= high LIMIT 1)
  AND NOT EXISTS (SELECT FROM archives WHERE archives.session=$1 AND expired) ORDER BY seq LIMIT 1)sql";

class ArchivedEvents final : public events::RecordSource {
 public:
  ArchivedEvents(Database& database, std::string session)
      : database_(database), session_(std::move(session)) {}

  Result<void> scan(const Scan& scan, const Visitor& visit) override {
    auto from = scan.from;
    for (auto most = kFirstPiece;;) {
      WYE_TRY(const auto rows, piece(scan, from, most));
      std::int64_t bytes = 1;
      for (int row = 0; row < rows.count(); ++row) {
        events::Record record{.seq = rows.number(row, 0),
                              .ts = rows.number(row, 1),
                              .category = rows.text(row, 2),
                              .type = rows.text(row, 3),
                              .json = rows.text(row, 4)};
        bytes += static_cast<std::int64_t>(record.json.size());
        from = scan.ascending ? record.seq + 1 : record.seq;
        if (!visit(record)) return {};
      }
      if (rows.count() < most) return {};
      most = std::clamp(kPieceBytes / (bytes / rows.count() + 1), std::int64_t{1}, kLargestPiece);
    }
  }

  Result<std::optional<std::int64_t>> first_at(std::int64_t ts) override {
    WYE_TRY(const auto rows, database_.select(kFirstAt, Values().text(session_).number(ts)));
    return rows.empty() ? std::optional<std::int64_t>() : std::optional(rows.number(0, 0));
  }

 private:
  // Of several categories the first records of each, so that any filter costs the same at any depth.
  Result<Rows> piece(const Scan& scan, std::int64_t from, std::int64_t most) {
    const bool filtered = scan.categories != nullptr && !scan.categories->empty();
    const std::string order =
        scan.ascending ? "seq>=$2 ORDER BY seq LIMIT $3" : "seq<$2 ORDER BY seq DESC LIMIT $3";
    const std::string rows = "SELECT seq, ts, category, type, json FROM events WHERE session=$1";
    auto values = Values().text(session_).number(from).number(most);
    if (!filtered) return database_.select((rows + kNotExpired + "AND " + order).c_str(), values);
    auto names = *scan.categories;
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return database_.select(("SELECT e.* FROM unnest($4::text[]) AS one(name) CROSS JOIN LATERAL (" + rows +
                             kNotExpired + "AND category=one.name AND " + order + ") AS e ORDER BY seq" +
                             (scan.ascending ? "" : " DESC") + " LIMIT $3")
                                .c_str(),
                            values.texts(names));
  }

  Database& database_;
  const std::string session_;
};

}  // namespace

std::unique_ptr<events::RecordSource> make_archived_events(Database& database, std::string session) {
  return std::make_unique<ArchivedEvents>(database, std::move(session));
}

}  // namespace wye::control::postgres
