#include "control/store/chunk_log.h"

#include <algorithm>
#include <limits>

#include "base/try.h"

namespace wye::control {

/// Where a scan stands in the chunks of one category.
struct ChunkLog::Cursor {
  std::string category;
  bool ascending = true;
  ChunkMeta meta;
  std::shared_ptr<const Chunk> chunk;  // shared with the cache
  std::size_t at = 0;
  [[nodiscard]] const Chunk::Entry& entry() const { return chunk->entries()[at]; }
};

Result<std::shared_ptr<const Chunk>> ChunkLog::read(const ChunkMeta& meta) {
  if (auto kept = cache_.find(session_, meta)) return kept;
  WYE_TRY(const auto body, finder_.body(meta));
  WYE_TRY(auto chunk, packing_.unpack(body));
  cache_.keep(session_, meta, chunk);
  return chunk;
}

Result<std::vector<std::string>> ChunkLog::wanted(const events::RecordSource::Scan& scan) {
  WYE_TRY(auto all, finder_.categories());
  if (scan.categories == nullptr || scan.categories->empty()) return all;
  std::erase_if(all, [&](const std::string& category) {
    return !category.empty() &&
           std::find(scan.categories->begin(), scan.categories->end(), category) == scan.categories->end();
  });
  return all;
}

// At its first record from there on; false when there is none.
Result<bool> ChunkLog::open(Cursor& cursor, std::int64_t from) {
  WYE_TRY(const auto found,
          cursor.ascending ? finder_.reaching(cursor.category, from) : finder_.below(cursor.category, from));
  if (!found) return false;
  cursor.meta = *found;
  WYE_TRY(cursor.chunk, read(cursor.meta));
  const auto& entries = cursor.chunk->entries();
  const auto reached = std::lower_bound(entries.begin(), entries.end(), from,
                                        [](const auto& entry, std::int64_t seq) { return entry.seq < seq; });
  if (reached == (cursor.ascending ? entries.end() : entries.begin())) return false;
  cursor.at = static_cast<std::size_t>(reached - entries.begin()) - (cursor.ascending ? 0 : 1);
  return true;
}

Result<bool> ChunkLog::step(Cursor& cursor) {
  const auto& entries = cursor.chunk->entries();
  if (cursor.ascending ? cursor.at + 1 < entries.size() : cursor.at > 0) {
    cursor.ascending ? ++cursor.at : --cursor.at;
    return true;
  }
  if (cursor.ascending && entries.back().seq == std::numeric_limits<std::int64_t>::max()) return false;
  return open(cursor, cursor.ascending ? entries.back().seq + 1 : entries.front().seq);
}

Result<void> ChunkLog::scan(const events::RecordSource::Scan& scan,
                            const events::RecordSource::Visitor& visit) {
  WYE_TRY(auto categories, wanted(scan));
  const bool filters = scan.categories != nullptr && !scan.categories->empty();
  std::vector<Cursor> cursors;
  for (auto& category : categories) {
    Cursor cursor{.category = std::move(category), .ascending = scan.ascending};
    WYE_TRY(const bool there, open(cursor, scan.from));
    if (there) cursors.push_back(std::move(cursor));
  }
  events::Record record;
  while (!cursors.empty()) {
    const auto next = std::min_element(cursors.begin(), cursors.end(), [&](const auto& a, const auto& b) {
      return scan.ascending ? a.entry().seq < b.entry().seq : a.entry().seq > b.entry().seq;
    });
    const auto& entry = next->entry();
    const bool taken = !filters || std::find(scan.categories->begin(), scan.categories->end(),
                                             entry.category) != scan.categories->end();
    if (taken) {
      record.seq = entry.seq;
      record.ts = entry.ts;
      record.category = entry.category;
      record.type = entry.type;
      record.json = entry.json;
      if (!visit(record)) return {};
    }
    WYE_TRY(const bool more, step(*next));
    if (!more) cursors.erase(next);
  }
  return {};
}

// In each category on its own: `ts` never falls while `seq` rises.
Result<std::optional<std::int64_t>> ChunkLog::first_at(std::int64_t ts) {
  std::optional<std::int64_t> first;
  WYE_TRY(const auto categories, finder_.categories());
  for (const auto& category : categories) {
    WYE_TRY(const auto found, finder_.reaching_time(category, ts));
    if (!found) continue;
    WYE_TRY(const auto chunk, read(*found));
    const auto& entries = chunk->entries();
    const auto reached =
        std::find_if(entries.begin(), entries.end(), [&](const auto& entry) { return entry.ts >= ts; });
    if (reached != entries.end()) first = std::min(first.value_or(reached->seq), reached->seq);
  }
  return first;
}

}  // namespace wye::control
