#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "control/store/chunk.h"

// How a session's chunks grow by batches of any size.
namespace wye::control {

/// What is known of a chunk without unpacking it.
struct ChunkMeta {
  std::string category;
  std::int64_t first_seq = 0, last_seq = 0, first_ts = 0, last_ts = 0;
  std::int64_t events = 0;
  std::int64_t text_bytes = 0, body_bytes = 0;
};
struct PackedChunk {
  ChunkMeta meta;
  std::string body;
};

/// The last chunk is rewritten with what comes until it has this much text; then another begins. A commit of
/// one event so costs the packing of half of that, not of half a chunk.
inline constexpr std::int64_t kGrowingText = 8 << 10;
/// The most small chunks that wait to become one of `kChunkText`, with the full one before them.
inline constexpr std::size_t kTrailingChunks = kChunkText / kGrowingText + 2;
/// What a chunk takes in a database beside its body: its row and its entries in two indexes, as measured.
inline constexpr std::int64_t kBesideBody = 250;

/// The most that one call of `remove_expired` removes: others wait for it.
inline constexpr std::int64_t kMostRemovedChunks = 1000;

/// What is to be done to the record.
struct ChunkChange {
  std::vector<ChunkMeta> replaced;  ///< To be removed; one that is rewritten has the same `first_seq`.
  std::vector<PackedChunk> written;
  std::int64_t events = 0;  ///< How many were added.
  std::int64_t bytes = 0;   ///< How much more all this takes.
};

using BodyOf = std::function<Result<std::string>(const ChunkMeta&)>;

/// Adds entries to the chunks of one category. `trailing`: its last ones, the last first, up to
/// `kTrailingChunks`. Entries that are not behind them, or that no chunk takes, are left out. A chunk that is
/// damaged stays as it is, and another begins behind it.
Result<ChunkChange> grow_chunks(ChunkPacking& packing, const std::string& category,
                                const std::vector<ChunkMeta>& trailing, const BodyOf& body_of,
                                const std::vector<Chunk::Entry>& entries);

/// What is to be added to a session's archive, by the category of the chunks (`chunk_category`).
using EntriesByCategory = std::map<std::string, std::vector<Chunk::Entry>>;
/// The records above `after`; they have to live as long.
[[nodiscard]] EntriesByCategory entries_by_category(const std::vector<events::Record>& records,
                                                    std::int64_t after);

/// A session's last chunks in an engine, inside of a transaction.
class TrailingChunks {
 public:
  virtual ~TrailingChunks() = default;
  /// Of a category, the last first, up to `kTrailingChunks`.
  virtual Result<std::vector<ChunkMeta>> of(const std::string& category) = 0;
  virtual Result<std::string> body(const ChunkMeta& meta) = 0;
};

/// The same for all categories of a batch.
struct ArchiveChange : ChunkChange {
  std::vector<std::string> categories;  ///< To which something was added.
};
Result<ArchiveChange> grow_archive(ChunkPacking& packing, TrailingChunks& trailing,
                                   const EntriesByCategory& entries);

}  // namespace wye::control
