#pragma once

#include <optional>
#include <string>
#include <vector>

#include "control/store/chunk_cache.h"
#include "control/store/chunk_growth.h"
#include "events/paging.h"

namespace wye::control {

/// Finds a session's chunks in an engine; all calls of one page see the same moment. Each call finds at most
/// one chunk in each category: in those that are named, or, without names, in all that the session has. It
/// finds none when the archive has expired.
class ChunkFinder {
 public:
  using Names = const std::vector<std::string>*;
  virtual ~ChunkFinder() = default;
  /// The first chunk that reaches `seq`: its last seq is not below it.
  virtual Result<std::vector<ChunkMeta>> reaching(Names categories, std::int64_t seq) = 0;
  /// The last chunk that begins below `seq`.
  virtual Result<std::vector<ChunkMeta>> below(Names categories, std::int64_t seq) = 0;
  /// The first chunk whose last time is not before `ts`.
  virtual Result<std::vector<ChunkMeta>> reaching_time(Names categories, std::int64_t ts) = 0;
  /// Returns the bodies in the order of `chunks`.
  virtual Result<std::vector<std::string>> bodies(const std::vector<ChunkMeta>& chunks) = 0;
};

/// A session's archive as one log: its categories' chunks merged in the order of `seq`. For one thread at a
/// time.
class ChunkLog {
 public:
  ChunkLog(ChunkFinder& finder, ChunkShelf& shelf, const std::string& session)
      : finder_(finder), shelf_(shelf), session_(session) {}

  Result<void> scan(const events::RecordSource::Scan& scan, const events::RecordSource::Visitor& visit);
  Result<std::optional<std::int64_t>> first_at(std::int64_t ts);

 private:
  struct Cursor;
  using Chunks = std::vector<std::shared_ptr<const Chunk>>;
  /// Reads chunks in the order of `metas`; one call of the finder gets those that are not on the shelf.
  Result<Chunks> read(const std::vector<ChunkMeta>& metas);
  /// Opens a cursor at the first record from there on, for each category that has one.
  Result<std::vector<Cursor>> open(ChunkFinder::Names categories, bool ascending, std::int64_t from);
  /// Returns false when there is no other record.
  Result<bool> step(Cursor& cursor);

  ChunkFinder& finder_;
  ChunkShelf& shelf_;
  const std::string& session_;
};

}  // namespace wye::control
