#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "control/store/sqlite_chunks.h"
#include "control/store/sqlite_database.h"
#include "control/store/store.h"
#include "events/paging.h"

// The stored events of each session's archive, and their pages. The caller holds the connection's lock.
namespace wye::control {

[[nodiscard]] Result<ArchiveSize> read_archive_size(Database& database);
[[nodiscard]] Result<std::int64_t> read_archive_bytes(Database& database, const std::string& session);
[[nodiscard]] Result<std::optional<EndedArchive>> read_oldest_ended_archive(Database& database);
/// Implements `Store::remove_expired`; removes whole chunks.
[[nodiscard]] Result<std::optional<std::int64_t>> remove_expired_chunks(Database& database,
                                                                        std::int64_t bytes);

/// Reads pages of all sessions' archives, one at a time, with its own connection and what is kept from one
/// page to the next.
class ArchiveReader {
 public:
  explicit ArchiveReader(Database database) : database_(std::move(database)), finder_(database_) {}
  [[nodiscard]] std::unique_ptr<events::RecordSource> events(std::string session);

 private:
  class Events;
  Database database_;
  std::mutex mutex_;
  SqliteChunkFinder finder_;
  ChunkShelf shelf_;
};

}  // namespace wye::control
