#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/record.h"
#include "wye/result.h"

namespace wye::events {

/// A page ends with the record that reaches this size, whatever its `limit`: a hundred of the largest records
/// would be 100 MiB for each reader.
inline constexpr std::size_t kPageBytes = 8u << 20;
inline constexpr std::int64_t kMaxCursor = (1LL << 53) - 1;  ///< Cursors fit a JavaScript number.

/// The parameters of `telemetry/events` (wire-api §3), checked.
struct PageQuery {
  std::int64_t limit = 20;
  bool ascending = true;
  std::optional<std::int64_t> offset;   ///< Ascending: the first seq; descending: one above the first seq.
  std::optional<std::int64_t> since;    ///< µs, inclusive.
  std::optional<std::int64_t> until;    ///< µs, exclusive.
  std::vector<std::string> categories;  ///< Empty = all.
};

/// Reads an encoded query string; `bad_request` names the parameter. `now` in µs.
[[nodiscard]] Result<PageQuery> parse_page_query(std::string_view query, std::int64_t now);

/// A session's log, in order of `seq`.
class RecordSource {
 public:
  /// Returns false to stop.
  using Visitor = std::function<bool(const Record&)>;
  struct Scan {
    bool ascending = true;
    std::int64_t from = 1;  ///< Ascending: the first seq. Descending: visits only seqs below it.
    const std::vector<std::string>* categories = nullptr;  ///< Null or empty = all.
  };
  virtual ~RecordSource() = default;
  virtual Result<void> scan(const Scan& scan, const Visitor& visit) = 0;
  /// Returns the lowest seq whose ts is ≥ `ts`; nothing when all are older.
  virtual Result<std::optional<std::int64_t>> first_at(std::int64_t ts) = 0;
  /// Returns the lowest seq that this source still has; older records are only in the archive. 1 when nothing
  /// was trimmed.
  virtual Result<std::int64_t> floor() { return std::int64_t{1}; }
};

struct Page {
  std::vector<Record> records;
  bool has_more = false;
  std::int64_t next_offset = 0;  ///< 0 on the last page.
};

/// Fills a page with up to `limit` matching records. Fails with `spool_trimmed` (status 410) when the page
/// would begin below the source's floor.
[[nodiscard]] Result<Page> read_page(RecordSource& source, const PageQuery& query);

/// Makes the body: a JSON array of the envelopes' stored texts.
[[nodiscard]] std::string page_body(const Page& page);
/// Makes `X-Has-More`, `X-Next-Offset`, `X-Limit` and `X-Offset`.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> page_headers(const Page& page,
                                                                            const PageQuery& query);

/// Returns the values of an array parameter in each encoding of wire-api §1: `k=a,b`, `k=a&k=b`, `k[]=a`,
/// `k[0]=a`.
[[nodiscard]] std::vector<std::string> array_parameter(std::string_view query, std::string_view name);

}  // namespace wye::events
