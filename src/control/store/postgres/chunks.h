#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "control/store/chunk_log.h"
#include "control/store/postgres/connection.h"

// The table of chunks, as a transaction reads it. archive.cc writes it.
namespace wye::control::postgres {

/// Finds chunks of one session. Each call is one statement for any number of categories.
class PostgresChunkFinder final : public ChunkFinder {
 public:
  PostgresChunkFinder(Connection& connection, const std::string& session)
      : connection_(connection), session_(session) {}

  Result<std::vector<ChunkMeta>> reaching(Names categories, std::int64_t seq) override;
  Result<std::vector<ChunkMeta>> below(Names categories, std::int64_t seq) override;
  Result<std::vector<ChunkMeta>> reaching_time(Names categories, std::int64_t ts) override;
  Result<std::vector<std::string>> bodies(const std::vector<ChunkMeta>& chunks) override;

 private:
  Result<std::vector<ChunkMeta>> find(const std::string& sql, Names categories, std::int64_t at);
  Connection& connection_;
  const std::string& session_;
};

/// A session's last chunks, read in advance with one statement, so that the database is not waited for while
/// they are packed again.
class PostgresTrailing final : public TrailingChunks {
 public:
  /// Reads the last chunks of the categories of those entries.
  static Result<PostgresTrailing> read(Connection& connection, const std::string& session,
                                       const EntriesByCategory& entries);
  Result<std::vector<ChunkMeta>> of(const std::string& category) override { return metas_[category]; }
  Result<std::string> body(const ChunkMeta& meta) override {
    return bodies_[{meta.category, meta.first_seq}];
  }

 private:
  std::map<std::string, std::vector<ChunkMeta>> metas_;
  std::map<std::pair<std::string, std::int64_t>, std::string>
      bodies_;  // bodies of the chunks that are not full
};

}  // namespace wye::control::postgres
