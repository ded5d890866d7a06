// Pages over any log: every matching record once and in order, whatever the limits, cursors and filters.
#include <algorithm>
#include <string>
#include <vector>

#include "events/paging.h"
#include "events/ring.h"
#include "invariant.h"
#include "wire/json_codec.h"

namespace wye::fuzz {
namespace {

using events::PageQuery;
using events::Record;

constexpr std::int64_t kNow = 1'800'000'000'000'000;

class Log final : public events::RecordSource {
 public:
  explicit Log(Input& input) {
    std::int64_t seq = 0, ts = kNow - 400'000'000;
    static const char* const kCategories[] = {"control", "system", "network", "page"};
    for (int i = 0; i < 64 && !input.rest().empty(); ++i) {
      const auto byte = input.byte();
      seq += 1 + (byte & 3);
      ts += static_cast<std::int64_t>(byte >> 4) * 3'000'000;
      const std::string category = kCategories[(byte >> 2) & 3];
      records.push_back({seq, ts, category, "t", R"({"seq":)" + std::to_string(seq) + R"(,"event":{}})"});
    }
  }
  Result<void> scan(const Scan& scan, const Visitor& visit) override {
    auto list = records;
    if (!scan.ascending) std::reverse(list.begin(), list.end());
    for (const auto& record : list) {
      if (scan.ascending ? record.seq < scan.from : record.seq >= scan.from) continue;
      if (!takes(scan.categories, record)) continue;
      if (!visit(record)) break;
    }
    return {};
  }
  Result<std::optional<std::int64_t>> first_at(std::int64_t ts) override {
    for (const auto& record : records)
      if (record.ts >= ts) return std::optional<std::int64_t>(record.seq);
    return std::optional<std::int64_t>();
  }
  static bool takes(const std::vector<std::string>* categories, const Record& record) {
    return categories == nullptr || categories->empty() ||
           std::find(categories->begin(), categories->end(), record.category) != categories->end();
  }
  std::vector<Record> records;
};

std::vector<std::int64_t> expected(const Log& log, const PageQuery& query) {
  std::vector<std::int64_t> out;
  for (const auto& record : log.records) {
    if (!Log::takes(&query.categories, record)) continue;
    if (query.offset && (query.ascending ? record.seq < *query.offset : record.seq >= *query.offset))
      continue;
    if (query.since && record.ts < *query.since) continue;
    if (query.until && record.ts >= *query.until) continue;
    out.push_back(record.seq);
  }
  if (!query.ascending) std::reverse(out.begin(), out.end());
  return out;
}

void pages_are_whole(Log& log, PageQuery query) {
  const auto all = expected(log, query);
  std::vector<std::int64_t> seen;
  for (bool more = true; more;) {
    const auto page = events::read_page(log, query);
    WYE_INVARIANT(page);
    WYE_INVARIANT(static_cast<std::int64_t>(page->records.size()) <= query.limit);
    WYE_INVARIANT(!page->has_more || static_cast<std::int64_t>(page->records.size()) == query.limit);
    WYE_INVARIANT(wire::parse_json(events::page_body(*page)));
    for (const auto& record : page->records) seen.push_back(record.seq);
    more = page->has_more;
    WYE_INVARIANT(more == (page->next_offset != 0));
    query.offset = page->next_offset;
    // A cursor overrides `since` (wire-api §3): descending pages go on below it.
    const bool had_since = query.since.has_value();
    query.since.reset();
    if (more && had_since && !query.ascending) {
      WYE_INVARIANT(std::equal(seen.begin(), seen.end(), all.begin()));
      return;
    }
  }
  WYE_INVARIANT(seen == all);
}

}  // namespace
}  // namespace wye::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wye;
  fuzz::Input input(data, size);
  const auto text = input.line();
  const auto replay = input.line();
  const auto query = events::parse_page_query(text, fuzz::kNow);
  fuzz::Log log(input);
  if (query) {
    WYE_INVARIANT(query->limit >= 1 && query->limit <= 100 && query->categories.size() <= 32);
    WYE_INVARIANT(!query->offset || (*query->offset >= 0 && *query->offset <= events::kMaxCursor));
    fuzz::pages_are_whole(log, *query);
  } else {
    WYE_INVARIANT(query.error().code == "bad_request");
  }
  events::Ring ring;
  for (const auto& record : log.records) ring.push(std::make_shared<events::Record>(record));
  const auto start = events::stream_start(ring, text, replay);
  WYE_INVARIANT(start >= 0 && start <= ring.head());
  return 0;
}
