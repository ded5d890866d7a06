#include "control/store/chunk_growth.h"

#include <algorithm>
#include <iterator>

#include "base/try.h"

namespace wye::control {
namespace {

using Chunks = std::vector<std::shared_ptr<const Chunk>>;

std::int64_t text_of(const Chunk::Entry& entry) {
  return static_cast<std::int64_t>(entry.json.size() + entry.category.size() + entry.type.size());
}

// Returns how many of the trailing chunks are packed again together with `text` more bytes.
std::size_t rewritten(const std::vector<ChunkMeta>& trailing, std::int64_t text) {
  std::size_t open = 0;
  for (; open < trailing.size() && trailing[open].text_bytes < static_cast<std::int64_t>(kChunkText); ++open)
    text += trailing[open].text_bytes;
  if (text >= static_cast<std::int64_t>(kChunkText)) return open;
  return open > 0 && trailing.front().text_bytes < kGrowingText ? 1 : 0;
}

// Unpacks in order. The chunks before a damaged one are left alone, too.
Result<Chunks> unpack(ChunkPacking& packing, const std::vector<ChunkMeta>& trailing, std::size_t count,
                      const BodyOf& body_of) {
  Chunks out;
  for (std::size_t i = 0; i < count; ++i) {
    WYE_TRY(const auto body, body_of(trailing[i]));
    auto chunk = packing.unpack(body);
    if (!chunk) break;
    out.push_back(std::move(*chunk));
  }
  std::reverse(out.begin(), out.end());
  return out;
}

class Growth {
 public:
  Growth(ChunkPacking& packing, const std::string& category, ChunkChange& change)
      : packing_(packing), category_(category), change_(change) {}

  bool add(const Chunk::Entry& entry) {
    if (!text_.add(entry)) return false;
    if (text_.is_full()) close();
    return true;
  }
  void close() {
    if (text_.events() == 0) return;
    PackedChunk out{.meta = {.category = category_,
                             .first_seq = text_.first_seq(),
                             .last_seq = text_.last_seq(),
                             .first_ts = text_.first_ts(),
                             .last_ts = text_.last_ts(),
                             .events = text_.events(),
                             .text_bytes = static_cast<std::int64_t>(text_.text().size())},
                    .body = packing_.pack(text_.text())};
    out.meta.body_bytes = static_cast<std::int64_t>(out.body.size());
    change_.bytes += out.meta.body_bytes + kBesideBody;
    change_.written.push_back(std::move(out));
    text_ = ChunkText();
  }

 private:
  ChunkPacking& packing_;
  const std::string& category_;
  ChunkChange& change_;
  ChunkText text_;
};

}  // namespace

Result<ChunkChange> grow_chunks(ChunkPacking& packing, const std::string& category,
                                const std::vector<ChunkMeta>& trailing, const BodyOf& body_of,
                                const std::vector<Chunk::Entry>& entries) {
  ChunkChange change;
  auto last = trailing.empty() ? 0 : trailing.front().last_seq;
  std::int64_t text = 0;
  for (const auto& entry : entries) text += entry.seq > last ? text_of(entry) : 0;
  if (text == 0) return change;
  WYE_TRY(const auto open, unpack(packing, trailing, rewritten(trailing, text), body_of));
  for (std::size_t i = 0; i < open.size(); ++i) {
    change.replaced.push_back(trailing[open.size() - 1 - i]);
    change.bytes -= change.replaced.back().body_bytes + kBesideBody;
  }
  Growth growth(packing, category, change);
  for (const auto& chunk : open)
    for (const auto& entry : chunk->entries()) growth.add(entry);
  for (const auto& entry : entries) {
    if (entry.seq <= last || !growth.add(entry)) continue;
    last = entry.seq;
    ++change.events;
  }
  growth.close();
  return change;
}

EntriesByCategory entries_by_category(const std::vector<events::Record>& records, std::int64_t after) {
  EntriesByCategory out;
  for (const auto& it : records)
    if (it.seq > after)
      out[std::string(chunk_category(it.category))].push_back({it.seq, it.ts, it.category, it.type, it.json});
  return out;
}

Result<ArchiveChange> grow_archive(ChunkPacking& packing, TrailingChunks& trailing,
                                   const EntriesByCategory& entries) {
  ArchiveChange all;
  const auto body_of = [&](const ChunkMeta& meta) { return trailing.body(meta); };
  for (const auto& [category, of_it] : entries) {
    WYE_TRY(const auto last, trailing.of(category));
    WYE_TRY(auto change, grow_chunks(packing, category, last, body_of, of_it));
    std::move(change.replaced.begin(), change.replaced.end(), std::back_inserter(all.replaced));
    std::move(change.written.begin(), change.written.end(), std::back_inserter(all.written));
    all.events += change.events;
    all.bytes += change.bytes;
    if (change.events > 0) all.categories.push_back(category);
  }
  return all;
}

}  // namespace wye::control
