#pragma once

#include <optional>
#include <set>
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

/// Adds to the session's chunks and to the sums of its archive, inside a transaction. Entries that are not
/// behind those of their category are left out.
Result<ArchiveGrowth> add_to_chunks(Database& database, ChunkPacking& packing, const std::string& session,
                                    const EntriesByCategory& entries);

/// Finds chunks of one session with statements that are kept for the next session.
class SqliteChunkFinder final : public ChunkFinder {
 public:
  explicit SqliteChunkFinder(Database& database);
  /// Selects the session, as it is at this moment, for all calls until the next `select`.
  Result<void> select(const std::string& session);

  Result<std::vector<ChunkMeta>> reaching(Names categories, std::int64_t seq) override;
  Result<std::vector<ChunkMeta>> below(Names categories, std::int64_t seq) override;
  Result<std::vector<ChunkMeta>> reaching_time(Names categories, std::int64_t ts) override;
  Result<std::vector<std::string>> bodies(const std::vector<ChunkMeta>& chunks) override;

 private:
  using Found = Result<std::optional<ChunkMeta>>;
  template <class Find>
  Result<std::vector<ChunkMeta>> in_each(Names categories, const Find& find);
  Found one(Statement& read, const std::string& category, std::int64_t at);
  Found first_reaching(const std::string& category, std::int64_t seq);
  Found first_reaching_time(const std::string& category, std::int64_t ts);

  Statement categories_, up_to_, below_, after_, earlier_, body_;
  std::string session_;
  std::set<std::string> categories_of_it_;
};

}  // namespace wye::control
