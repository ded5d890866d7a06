// Cursors over a spool whose front the server trims between two pages: a page is what the whole log would
// have shown, or an error that points to the archive. It is never silently short, and `X-Has-More` is true.
#include <fcntl.h>
#include <sys/mman.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "events/paging.h"
#include "events/spool_index.h"
#include "invariant.h"

namespace wye::fuzz {
namespace {

using events::PageQuery;
using events::Record;

constexpr std::int64_t kNow = 1'800'000'000'000'000;

class TrimmedLog {
 public:
  explicit TrimmedLog(Input& input) : log_(events::SpoolLog::open(fd_.get()).value()) {
    static const char* const kCategories[] = {"control", "system", "network", "page"};
    std::int64_t ts = kNow - 300'000'000;
    const auto count = 1 + input.byte() % 48;
    for (std::int64_t seq = 1; seq <= count; ++seq) {
      const auto byte = input.byte();
      ts += static_cast<std::int64_t>(byte >> 4) * 1'000'000;
      all_.push_back(
          {seq, ts, kCategories[byte & 3], "t",
           "{\"seq\":" + std::to_string(seq) + ",\"event\":{\"x\":\"" + std::string(byte * 8, 'x') + "\"}}"});
      WYE_INVARIANT(log_.append(all_.back()));
      ends_.push_back(std::int64_t{0});
    }
    events::SpoolReader reader(fd_.get());
    for (auto& end : ends_) {
      WYE_INVARIANT(reader.next().value());
      end = reader.offset();
    }
  }
  void trim(std::uint8_t choice) {
    const auto place = choice % (ends_.size() + 1);
    if (place == 0) return;
    trimmed_ = true;
    WYE_INVARIANT(::fallocate(fd_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, ends_[place - 1]) ==
                  0);
  }
  /// One page, checked against all that was ever written.
  Result<events::Page> page(const PageQuery& query) {
    auto page = events::read_page(log_, query);
    if (!page) {
      WYE_INVARIANT(page.error().code == "spool_trimmed" && trimmed_);
      return page;
    }
    auto wanted = expected(query);
    const auto limit = static_cast<std::size_t>(query.limit);
    WYE_INVARIANT(page->has_more == (wanted.size() > limit));
    wanted.resize(std::min(wanted.size(), limit));
    WYE_INVARIANT(page->records.size() == wanted.size());
    for (std::size_t i = 0; i < wanted.size(); ++i) WYE_INVARIANT(page->records[i].seq == wanted[i]);
    return page;
  }

 private:
  [[nodiscard]] std::vector<std::int64_t> expected(const PageQuery& query) const {
    std::vector<std::int64_t> out;
    for (const auto& record : all_) {
      const auto& names = query.categories;
      if (!names.empty() && std::find(names.begin(), names.end(), record.category) == names.end()) continue;
      if (query.offset && (query.ascending ? record.seq < *query.offset : record.seq >= *query.offset))
        continue;
      if (query.since && record.ts < *query.since) continue;
      if (query.until && record.ts >= *query.until) continue;
      out.push_back(record.seq);
    }
    if (!query.ascending) std::reverse(out.begin(), out.end());
    return out;
  }

  UniqueFd fd_{::memfd_create("spool", MFD_CLOEXEC)};
  events::SpoolLog log_;
  std::vector<Record> all_;
  std::vector<std::int64_t> ends_;
  bool trimmed_ = false;
};

}  // namespace
}  // namespace wye::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wye;
  fuzz::Input input(data, size);
  auto query = events::parse_page_query(input.line(), fuzz::kNow);
  if (!query) return 0;
  const auto trims = input.line();
  fuzz::TrimmedLog log(input);
  for (const char choice : trims.substr(0, 64)) {
    log.trim(static_cast<std::uint8_t>(choice));
    const auto page = log.page(*query);
    if (!page || !page->has_more) break;
    query->offset = page->next_offset;
    query->since.reset();
  }
  return 0;
}
