#include "events/spool_index.h"

#include <unistd.h>

#include <algorithm>
#include <set>

#include "base/try.h"

namespace wye::events {

Result<SpoolLog> SpoolLog::open(int fd) {
  WYE_TRY(auto writer, SpoolWriter::open(fd));
  SpoolLog log(fd, writer);
  SpoolReader reader(fd);
  for (;;) {
    WYE_TRY(auto record, reader.next());
    if (!record) break;
    const auto length = static_cast<std::int64_t>(frame_of(*record).size());
    log.index(*record, reader.offset() - length, reader.offset());
  }
  return log;
}

std::uint16_t SpoolLog::category_number(const std::string& name) {
  const auto next = static_cast<std::uint16_t>(categories_.size());
  return categories_.emplace(name, next).first->second;
}

void SpoolLog::index(const Record& record, std::int64_t offset, std::int64_t end) {
  entries_.push_back({record.seq, record.ts, offset, static_cast<std::uint32_t>(end - offset),
                      category_number(record.category)});
}

Result<void> SpoolLog::append(const Record& record, SpoolRoom behind) {
  const auto offset = writer_.offset();
  WYE_CHECK(writer_.append(record, behind));
  index(record, offset, writer_.offset());
  return {};
}

Result<Record> SpoolLog::read(const Entry& entry) const {
  SpoolReader reader(fd_, entry.offset, entry.seq - 1, 0);
  WYE_TRY(auto record, reader.next());
  if (!record || record->seq != entry.seq)
    return Error{.kind = ErrorKind::internal,
                 .code = "internal_error",
                 .message = "a telemetry record can no longer be read"};
  return std::move(*record);
}

Result<void> SpoolLog::scan(const Scan& scan, const Visitor& visit) {
  std::set<std::uint16_t> wanted;
  const bool filtered = scan.categories != nullptr && !scan.categories->empty();
  if (filtered)
    for (const auto& name : *scan.categories)
      if (const auto found = categories_.find(name); found != categories_.end()) wanted.insert(found->second);
  const auto below = [](const Entry& entry, std::int64_t seq) { return entry.seq < seq; };
  auto at = std::lower_bound(entries_.begin(), entries_.end(), scan.from, below) - entries_.begin();
  if (!scan.ascending) --at;
  for (; at >= 0 && at < static_cast<std::ptrdiff_t>(entries_.size()); at += scan.ascending ? 1 : -1) {
    const auto& entry = entries_[static_cast<std::size_t>(at)];
    if (filtered && wanted.count(entry.category) == 0) continue;
    WYE_TRY(const auto record, read(entry));
    if (!visit(record)) break;
  }
  return {};
}

Result<std::optional<std::int64_t>> SpoolLog::first_at(std::int64_t ts) {
  const auto found = std::lower_bound(entries_.begin(), entries_.end(), ts,
                                      [](const Entry& entry, std::int64_t t) { return entry.ts < t; });
  return found == entries_.end() ? std::optional<std::int64_t>() : std::optional<std::int64_t>(found->seq);
}

Result<std::int64_t> SpoolLog::floor() {
  if (entries_.empty()) return std::int64_t{1};
  // The server punches holes from the front; the first data byte tells how far it has come.
  const auto data = ::lseek(fd_, 0, SEEK_DATA);
  if (data <= 0) return std::int64_t{1};
  const auto first =
      std::lower_bound(entries_.begin(), entries_.end(), data,
                       [](const Entry& entry, std::int64_t offset) { return entry.offset < offset; });
  return first == entries_.end() ? entries_.back().seq + 1 : first->seq;
}

}  // namespace wye::events
