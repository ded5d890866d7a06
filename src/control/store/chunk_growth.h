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

/// The last chunk is rewritten with new entries until it has this much text; then another begins. A commit of
/// one event therefore packs half of this on average, not half a chunk.
inline constexpr std::int64_t kGrowingText = 8 << 10;
/// The most small chunks that wait to be merged into one of `kChunkText`, and the full one before them.
inline constexpr std::size_t kTrailingChunks = kChunkText / kGrowingText + 2;
/// What a chunk takes in a database beside its body: its row and its entries in two indexes, as measured.
inline constexpr std::int64_t kBesideBody = 250;

/// The most chunks that one call of `remove_expired` removes, since other callers wait for it.
inline constexpr std::int64_t kMostRemovedChunks = 1000;

/// The changes to make in the database.
struct ChunkChange {
  std::vector<ChunkMeta> replaced;  ///< The chunks to remove; a rewritten one has the same `first_seq`.
  std::vector<PackedChunk> written;
  std::int64_t events = 0;  ///< The number of entries added.
  std::int64_t bytes = 0;   ///< The growth of the archive's size.
};

using BodyOf = std::function<Result<std::string>(const ChunkMeta&)>;

/// Adds entries to the chunks of one category. `trailing` has its last chunks, the last first, up to
/// `kTrailingChunks`. Entries that are not behind them, or that no chunk takes, are left out. A damaged chunk
/// stays as it is, and another begins behind it.
Result<ChunkChange> grow_chunks(ChunkPacking& packing, const std::string& category,
                                const std::vector<ChunkMeta>& trailing, const BodyOf& body_of,
                                const std::vector<Chunk::Entry>& entries);

/// The entries to add to a session's archive, by the category of the chunks (`chunk_category`).
using EntriesByCategory = std::map<std::string, std::vector<Chunk::Entry>>;
/// Returns the records above `after`; the entries point into `records`.
[[nodiscard]] EntriesByCategory entries_by_category(const std::vector<events::Record>& records,
                                                    std::int64_t after);

/// Reads a session's last chunks from an engine, inside a transaction.
class TrailingChunks {
 public:
  virtual ~TrailingChunks() = default;
  /// Returns the last chunks of a category, the last first, up to `kTrailingChunks`.
  virtual Result<std::vector<ChunkMeta>> of(const std::string& category) = 0;
  virtual Result<std::string> body(const ChunkMeta& meta) = 0;
};

/// The changes for all categories of a batch.
struct ArchiveChange : ChunkChange {
  std::vector<std::string> categories;  ///< The categories that got entries.
};
Result<ArchiveChange> grow_archive(ChunkPacking& packing, TrailingChunks& trailing,
                                   const EntriesByCategory& entries);

}  // namespace wye::control
