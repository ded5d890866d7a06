#include "control/store/chunk_log.h"

#include <algorithm>
#include <limits>

#include "base/try.h"

namespace wye::control {

namespace {

using Names = ChunkFinder::Names;

// Returns the filter's categories and the shared one, which may hold any. Null without a filter: all.
std::optional<std::vector<std::string>> wanted(const events::RecordSource::Scan& scan) {
  if (scan.categories == nullptr || scan.categories->empty()) return std::nullopt;
  auto names = *scan.categories;
  names.emplace_back();
  return names;
}

}  // namespace

/// Where a scan stands in the chunks of one category.
struct ChunkLog::Cursor {
  std::string category;
  bool ascending = true;
  std::shared_ptr<const Chunk> chunk;  // shared with the shelf
  std::size_t at = 0;
  [[nodiscard]] const Chunk::Entry& entry() const { return chunk->entries()[at]; }

  // Returns false when the chunk has no record from there on.
  bool seek(std::int64_t from) {
    const auto& entries = chunk->entries();
    const auto reached =
        std::lower_bound(entries.begin(), entries.end(), from,
                         [](const auto& entry, std::int64_t seq) { return entry.seq < seq; });
    if (reached == (ascending ? entries.end() : entries.begin())) return false;
    at = static_cast<std::size_t>(reached - entries.begin()) - (ascending ? 0 : 1);
    return true;
  }
};

Result<ChunkLog::Chunks> ChunkLog::read(const std::vector<ChunkMeta>& metas) {
  Chunks out;
  std::vector<ChunkMeta> missing;
  for (const auto& meta : metas) {
    out.push_back(shelf_.find(session_, meta));
    if (!out.back()) missing.push_back(meta);
  }
  if (missing.empty()) return out;
  WYE_TRY(const auto bodies, finder_.bodies(missing));
  for (std::size_t i = 0, next = 0; i < out.size(); ++i) {
    if (out[i]) continue;
    WYE_TRY(out[i], shelf_.unpack(session_, metas[i], bodies.at(next)));
    ++next;
  }
  return out;
}

Result<std::vector<ChunkLog::Cursor>> ChunkLog::open(Names categories, bool ascending, std::int64_t from) {
  WYE_TRY(auto metas, ascending ? finder_.reaching(categories, from) : finder_.below(categories, from));
  WYE_TRY(auto chunks, read(metas));
  std::vector<Cursor> out;
  for (std::size_t i = 0; i < metas.size(); ++i) {
    Cursor cursor{std::move(metas[i].category), ascending, std::move(chunks[i])};
    if (cursor.seek(from)) out.push_back(std::move(cursor));
  }
  return out;
}

Result<bool> ChunkLog::step(Cursor& cursor) {
  const auto& entries = cursor.chunk->entries();
  if (cursor.ascending ? cursor.at + 1 < entries.size() : cursor.at > 0) {
    cursor.ascending ? ++cursor.at : --cursor.at;
    return true;
  }
  if (cursor.ascending && entries.back().seq == std::numeric_limits<std::int64_t>::max()) return false;
  const std::vector<std::string> category{cursor.category};
  WYE_TRY(auto next,
          open(&category, cursor.ascending, cursor.ascending ? entries.back().seq + 1 : entries.front().seq));
  if (next.empty()) return false;
  cursor = std::move(next.front());
  return true;
}

Result<void> ChunkLog::scan(const events::RecordSource::Scan& scan,
                            const events::RecordSource::Visitor& visit) {
  const auto names = wanted(scan);
  WYE_TRY(auto cursors, open(names ? &*names : nullptr, scan.ascending, scan.from));
  events::Record record;
  while (!cursors.empty()) {
    const auto next = std::min_element(cursors.begin(), cursors.end(), [&](const auto& a, const auto& b) {
      return scan.ascending ? a.entry().seq < b.entry().seq : a.entry().seq > b.entry().seq;
    });
    const auto& entry = next->entry();
    const bool taken = !names || std::find(scan.categories->begin(), scan.categories->end(),
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

// Each category is searched on its own: there `ts` never falls while `seq` rises.
Result<std::optional<std::int64_t>> ChunkLog::first_at(std::int64_t ts) {
  WYE_TRY(const auto metas, finder_.reaching_time(nullptr, ts));
  WYE_TRY(const auto chunks, read(metas));
  std::optional<std::int64_t> first;
  for (const auto& chunk : chunks) {
    const auto& entries = chunk->entries();
    const auto reached =
        std::find_if(entries.begin(), entries.end(), [&](const auto& entry) { return entry.ts >= ts; });
    if (reached != entries.end()) first = std::min(first.value_or(reached->seq), reached->seq);
  }
  return first;
}

}  // namespace wye::control
