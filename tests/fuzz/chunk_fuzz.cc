// A chunk of the archive. The first byte chooses: bytes as they are in a database, which give an error or a
// chunk whose entries are in order; a chunk's text, which we pack; or records, one in each line, which come
// back unchanged, in batches of any size.
#include <map>
#include <string>
#include <vector>

#include "control/store/chunk_growth.h"
#include "invariant.h"

namespace wye::fuzz {
namespace {

using namespace control;

void is_sound(const Result<std::shared_ptr<const Chunk>>& chunk) {
  if (!chunk) {
    WYE_INVARIANT(chunk.error().code == "store_damaged");
    return;
  }
  WYE_INVARIANT(!(*chunk)->entries().empty());
  std::int64_t last = 0;
  for (const auto& entry : (*chunk)->entries()) {
    WYE_INVARIANT(entry.seq > last);
    WYE_INVARIANT(entry.json.size() <= events::kMaxRecordBytes);
    last = entry.seq;
  }
  // A chunk that was read can be continued, and reads again as the same.
  ChunkText text(**chunk);
  const bool added = text.add(Chunk::Entry{.seq = last, .json = "{}"});
  WYE_INVARIANT(!added);
  WYE_INVARIANT(Chunk::read(text.text()).value()->entries().size() == (*chunk)->entries().size());
}

void records_come_back(Input& input) {
  ChunkPacking packing;
  std::map<std::int64_t, PackedChunk> kept;
  std::vector<std::string> texts;
  std::int64_t seq = 0;
  while (!input.rest().empty() && texts.size() < 400) {
    std::vector<Chunk::Entry> batch;
    const auto first = texts.size();
    const auto size = std::size_t{1} + input.byte() % 9;
    for (std::size_t i = 0; i < size; ++i) {
      const auto growth = static_cast<std::size_t>(input.byte());
      texts.push_back(std::string(input.line()) + std::string(growth > 240 ? growth * 100 : growth, 'x'));
    }
    for (auto i = first; i < texts.size(); ++i)
      batch.push_back({.seq = ++seq, .ts = seq, .category = "control", .type = "t", .json = texts[i]});
    std::vector<ChunkMeta> trailing;
    for (auto at = kept.rbegin(); at != kept.rend() && trailing.size() < kTrailingChunks; ++at)
      trailing.push_back(at->second.meta);
    const auto body_of = [&](const ChunkMeta& meta) -> Result<std::string> {
      return kept.at(meta.first_seq).body;
    };
    const auto change = grow_chunks(packing, "control", trailing, body_of, batch).value();
    WYE_INVARIANT(change.events == static_cast<std::int64_t>(batch.size()));
    for (const auto& old : change.replaced) kept.erase(old.first_seq);
    for (const auto& fresh : change.written) kept[fresh.meta.first_seq] = fresh;
  }
  std::size_t at = 0;
  for (const auto& [start, packed] : kept) {
    const auto chunk = packing.unpack(packed.body).value();
    for (const auto& entry : chunk->entries()) {
      WYE_INVARIANT(entry.seq == static_cast<std::int64_t>(at) + 1 && entry.json == texts.at(at));
      ++at;
    }
  }
  WYE_INVARIANT(at == texts.size());
}

}  // namespace
}  // namespace wye::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wye;
  fuzz::Input input(data, size);
  control::ChunkPacking packing;
  switch (input.byte() % 3) {
    case 0:
      fuzz::is_sound(packing.unpack(input.rest()));
      break;
    case 1:
      fuzz::is_sound(packing.unpack(packing.pack(input.rest())));
      break;
    default:
      fuzz::records_come_back(input);
  }
  return 0;
}
