#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>
#include <unordered_map>

#include "control/store/chunk_growth.h"

namespace wye::control {

/// Keeps unpacked chunks that pages may ask for again: the most recently used ones, up to a number of bytes.
/// For one thread at a time.
class ChunkCache {
 public:
  static constexpr std::size_t kBytes = 4u << 20;  ///< About fifty chunks.

  explicit ChunkCache(std::size_t most = kBytes) : most_(most) {}
  /// Returns null when the chunk is not there. A chunk that has grown since counts as another.
  [[nodiscard]] std::shared_ptr<const Chunk> find(const std::string& session, const ChunkMeta& meta);
  void keep(const std::string& session, const ChunkMeta& meta, std::shared_ptr<const Chunk> chunk);
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  struct Kept {
    std::string key;
    std::shared_ptr<const Chunk> chunk;  // shared with readers under way
  };
  static std::string key_of(const std::string& session, const ChunkMeta& meta);

  const std::size_t most_;
  std::size_t bytes_ = 0;
  std::list<Kept> kept_;  // most recently used first
  std::unordered_map<std::string, std::list<Kept>::iterator> by_key_;
};

/// What all readers of an archive share: unpacked chunks, and what unpacks them. Thread-safe.
class ChunkShelf {
 public:
  /// Returns null when the chunk is not there.
  [[nodiscard]] std::shared_ptr<const Chunk> find(const std::string& session, const ChunkMeta& meta);
  /// Unpacks a chunk and keeps it. Errors: see `ChunkPacking::unpack`.
  Result<std::shared_ptr<const Chunk>> unpack(const std::string& session, const ChunkMeta& meta,
                                              std::string_view body);

 private:
  std::mutex mutex_;
  ChunkCache cache_;
  ChunkPacking packing_;
};

}  // namespace wye::control
