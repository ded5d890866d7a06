#pragma once

#include <optional>
#include <string>
#include <vector>

#include "control/store/chunk_log.h"
#include "control/store/sqlite_database.h"

// The table of chunks. The caller holds the connection's lock.
namespace wye::control {

/// What a batch added.
struct ArchiveGrowth {
  std::int64_t events = 0, bytes = 0;
};

/// Inside a transaction: to the session's chunks and to the sums of its archive. Entries that are not behind
/// those of their category are left out.
Result<ArchiveGrowth> add_to_chunks(Database& database, ChunkPacking& packing, const std::string& session,
                                    const std::vector<Chunk::Entry>& entries);

/// Finds chunks of one session with statements that are kept for the next one.
class SqliteChunkFinder final : public ChunkFinder {
 public:
  explicit SqliteChunkFinder(Database& database);
  /// From here on it is about that session.
  void select(std::string session) { session_ = std::move(session); }

  Result<std::vector<std::string>> categories() override;
  Result<std::optional<ChunkMeta>> reaching(const std::string& category, std::int64_t seq) override;
  Result<std::optional<ChunkMeta>> below(const std::string& category, std::int64_t seq) override;
  Result<std::optional<ChunkMeta>> reaching_time(const std::string& category, std::int64_t ts) override;
  Result<std::string> body(const ChunkMeta& meta) override;

 private:
  Result<std::optional<ChunkMeta>> one(Statement& read, const std::string& category, std::int64_t at);

  Statement categories_, up_to_, below_, after_, earlier_, body_;
  std::string session_;
};

}  // namespace wye::control
