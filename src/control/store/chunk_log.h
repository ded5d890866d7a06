#pragma once

#include <optional>
#include <string>
#include <vector>

#include "control/store/chunk_cache.h"
#include "control/store/chunk_growth.h"
#include "events/paging.h"

namespace wye::control {

/// Finds a session's chunks in an engine; all calls of one page see one moment.
class ChunkFinder {
 public:
  virtual ~ChunkFinder() = default;
  /// The categories that the session has chunks of; none when its archive has expired.
  virtual Result<std::vector<std::string>> categories() = 0;
  /// The first chunk that reaches `seq`: its last is not below it.
  virtual Result<std::optional<ChunkMeta>> reaching(const std::string& category, std::int64_t seq) = 0;
  /// The last chunk that begins below `seq`.
  virtual Result<std::optional<ChunkMeta>> below(const std::string& category, std::int64_t seq) = 0;
  /// The first chunk whose last time is not before `ts`.
  virtual Result<std::optional<ChunkMeta>> reaching_time(const std::string& category, std::int64_t ts) = 0;
  virtual Result<std::string> body(const ChunkMeta& meta) = 0;
};

/// A session's archive as one log: its categories' chunks merged in the order of `seq`. For one thread at a
/// time.
class ChunkLog {
 public:
  ChunkLog(ChunkFinder& finder, ChunkCache& cache, ChunkPacking& packing, const std::string& session)
      : finder_(finder), cache_(cache), packing_(packing), session_(session) {}

  Result<void> scan(const events::RecordSource::Scan& scan, const events::RecordSource::Visitor& visit);
  Result<std::optional<std::int64_t>> first_at(std::int64_t ts);

 private:
  struct Cursor;
  Result<std::shared_ptr<const Chunk>> read(const ChunkMeta& meta);
  /// Those of `Scan::categories`, and the shared one, which may hold any; all without such a filter.
  Result<std::vector<std::string>> wanted(const events::RecordSource::Scan& scan);
  Result<bool> open(Cursor& cursor, std::int64_t from);
  Result<bool> step(Cursor& cursor);

  ChunkFinder& finder_;
  ChunkCache& cache_;
  ChunkPacking& packing_;
  const std::string& session_;
};

}  // namespace wye::control
