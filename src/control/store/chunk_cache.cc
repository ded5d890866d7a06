#include "control/store/chunk_cache.h"

#include "base/try.h"

namespace wye::control {

std::string ChunkCache::key_of(const std::string& session, const ChunkMeta& meta) {
  return session + ' ' + meta.category + ' ' + std::to_string(meta.first_seq) + ' ' +
         std::to_string(meta.last_seq);
}

std::shared_ptr<const Chunk> ChunkCache::find(const std::string& session, const ChunkMeta& meta) {
  const auto found = by_key_.find(key_of(session, meta));
  if (found == by_key_.end()) return nullptr;
  kept_.splice(kept_.begin(), kept_, found->second);
  return found->second->chunk;
}

void ChunkCache::keep(const std::string& session, const ChunkMeta& meta, std::shared_ptr<const Chunk> chunk) {
  auto key = key_of(session, meta);
  if (chunk->bytes() > most_ || by_key_.contains(key)) return;
  bytes_ += chunk->bytes();
  kept_.push_front({key, std::move(chunk)});
  by_key_.emplace(std::move(key), kept_.begin());
  while (bytes_ > most_) {
    bytes_ -= kept_.back().chunk->bytes();
    by_key_.erase(kept_.back().key);
    kept_.pop_back();
  }
}

std::shared_ptr<const Chunk> ChunkShelf::find(const std::string& session, const ChunkMeta& meta) {
  const std::lock_guard lock(mutex_);
  return cache_.find(session, meta);
}

Result<std::shared_ptr<const Chunk>> ChunkShelf::unpack(const std::string& session, const ChunkMeta& meta,
                                                        std::string_view body) {
  const std::lock_guard lock(mutex_);
  WYE_TRY(auto chunk, packing_.unpack(body));
  cache_.keep(session, meta, chunk);
  return chunk;
}

}  // namespace wye::control
