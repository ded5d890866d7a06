#include "events/spool_index.h"

#include <algorithm>

#include "base/try.h"

namespace wye::events {
namespace {

constexpr std::size_t kLookEvery = 1024;  // records between two checks for trimmed parts
// The VM may invent type names; beyond this many, they share one entry.
constexpr std::uint32_t kMaxTypes = 4096, kOtherType = kMaxTypes;

Error trimmed() {
  return {.kind = ErrorKind::internal,
          .code = "spool_trimmed",
          .message = "older events are in the archive",
          .status = 410};
}

}  // namespace

/// A position among the records of one category.
struct SpoolLog::Cursor {
  const std::deque<Ordinal>* records;
  std::ptrdiff_t at;
  [[nodiscard]] bool ended() const { return at < 0 || at >= static_cast<std::ptrdiff_t>(records->size()); }
  [[nodiscard]] Ordinal ordinal() const { return (*records)[static_cast<std::size_t>(at)]; }
};

Result<SpoolLog> SpoolLog::open(int fd, std::int64_t bound) {
  WYE_TRY(auto writer, SpoolWriter::open(fd, bound));
  SpoolLog log(fd, writer);
  log.is_trimmed_ = log.writer_.trimmed_to() > 0;
  SpoolReader reader(fd);
  for (;;) {
    WYE_TRY(auto record, reader.next());
    if (!record) break;
    log.index(*record, reader.offset() - static_cast<std::int64_t>(frame_of(*record).size()));
  }
  return log;
}

void SpoolLog::index(const Record& record, std::int64_t offset) {
  const auto category =
      categories_.emplace(record.category, static_cast<std::uint32_t>(categories_.size())).first->second;
  if (category == by_category_.size()) by_category_.emplace_back();
  by_category_[category].push_back(first_ + entries_.size());
  auto type = types_.find(record.type);
  if (type == types_.end() && types_.size() < kMaxTypes)
    type = types_.emplace(record.type, static_cast<std::uint32_t>(types_.size())).first;
  entries_.push_back(
      {record.seq, record.ts, offset, category, type == types_.end() ? kOtherType : type->second});
}

Result<void> SpoolLog::append(const Record& record, SpoolRoom behind) {
  const auto offset = writer_.offset();
  WYE_CHECK(writer_.append(record, behind));
  index(record, offset);
  if (entries_.size() % kLookEvery == 0) forget_trimmed();
  return {};
}

void SpoolLog::forget_trimmed() {
  const auto kept_from = writer_.trimmed_to();
  for (; !entries_.empty() && entries_.front().offset < kept_from; ++first_) {
    by_category_[entries_.front().category].pop_front();
    entries_.pop_front();
    is_trimmed_ = true;
  }
}

Result<Record> SpoolLog::read(const Entry& entry) {
  SpoolReader reader(fd_, entry.offset, entry.seq - 1, 0, SpoolReader::kReadOne);
  WYE_TRY(auto record, reader.next());
  if (record && record->seq == entry.seq) return std::move(*record);
  if (entry.offset < writer_.trimmed_to()) return trimmed();
  return Error{.kind = ErrorKind::internal,
               .code = "internal_error",
               .message = "a telemetry record can no longer be read"};
}

SpoolLog::Ordinal SpoolLog::first_from(std::int64_t seq) const {
  const auto found = std::lower_bound(entries_.begin(), entries_.end(), seq,
                                      [](const Entry& entry, std::int64_t s) { return entry.seq < s; });
  return first_ + static_cast<Ordinal>(found - entries_.begin());
}

std::vector<std::uint32_t> SpoolLog::numbers(const std::vector<std::string>& names,
                                             const Names& known) const {
  std::vector<std::uint32_t> out;
  for (const auto& name : names)
    if (const auto found = known.find(name);
        found != known.end() && std::find(out.begin(), out.end(), found->second) == out.end())
      out.push_back(found->second);
  return out;
}

Result<void> SpoolLog::scan(const Scan& scan, const Visitor& visit) {
  const auto start = first_from(scan.from);
  if (scan.categories == nullptr || scan.categories->empty()) {
    const auto end = first_ + entries_.size();
    for (auto next = scan.ascending ? start : start - 1; next - first_ < end - first_;
         next += scan.ascending ? 1 : ~Ordinal{0}) {
      WYE_TRY(const auto record, read(at(next)));
      if (!visit(record)) break;
    }
    return {};
  }
  std::vector<Cursor> cursors;
  for (const auto category : numbers(*scan.categories, categories_)) {
    const auto& records = by_category_[category];
    const auto from = std::lower_bound(records.begin(), records.end(), start) - records.begin();
    cursors.push_back({&records, scan.ascending ? from : from - 1});
  }
  for (;;) {
    Cursor* next = nullptr;
    for (auto& cursor : cursors)
      if (!cursor.ended() && (next == nullptr || (cursor.ordinal() < next->ordinal()) == scan.ascending))
        next = &cursor;
    if (next == nullptr) return {};
    WYE_TRY(const auto record, read(at(next->ordinal())));
    if (!visit(record)) return {};
    next->at += scan.ascending ? 1 : -1;
  }
}

std::int64_t SpoolLog::count(std::int64_t after, std::int64_t to, const EventFilter& filter) const {
  if (to <= after) return 0;
  const auto begin = first_from(after + 1), end = first_from(to + 1);
  const auto types = numbers(filter.types, types_);
  std::int64_t out = 0;
  for (const auto& [name, category] : categories_) {
    if (!filter.categories.empty() &&
        !std::binary_search(filter.categories.begin(), filter.categories.end(), name))
      continue;
    const auto& records = by_category_[category];
    auto from = std::lower_bound(records.begin(), records.end(), begin);
    const auto until = std::lower_bound(from, records.end(), end);
    if (filter.types.empty()) {
      out += until - from;
      continue;
    }
    for (; from != until; ++from)
      out += std::find(types.begin(), types.end(), at(*from).type) != types.end() ? 1 : 0;
  }
  return out;
}

Result<std::optional<std::int64_t>> SpoolLog::first_at(std::int64_t ts) {
  const auto found = std::lower_bound(entries_.begin(), entries_.end(), ts,
                                      [](const Entry& entry, std::int64_t t) { return entry.ts < t; });
  return found == entries_.end() ? std::optional<std::int64_t>() : std::optional<std::int64_t>(found->seq);
}

Result<std::int64_t> SpoolLog::floor() {
  forget_trimmed();
  if (!is_trimmed_) return std::int64_t{1};
  return entries_.empty() ? last_seq() + 1 : entries_.front().seq;
}

}  // namespace wye::events
