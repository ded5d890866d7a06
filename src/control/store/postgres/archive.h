#pragma once

#include <mutex>

#include "control/store/archive_store.h"
#include "control/store/chunk_cache.h"
#include "control/store/postgres/database.h"
#include "host/owner_store.h"

namespace wye::control::postgres {

/// The archive, and what a VM's owner records except for the steps of a session's life, which are in
/// `Sessions`.
class Archive final : public ArchiveStore {
 public:
  /// `patience` bounds a statement that archives.
  Archive(Database& database, std::chrono::milliseconds patience)
      : database_(database), patience_(patience) {}
  Result<host::SpoolMark> spool_mark(const std::string& session);
  Result<std::vector<host::ArchiveOutcome>> archive(const std::vector<host::ArchiveBatch>& batches);
  Result<std::int64_t> archive_bytes(const std::string& session);
  /// Does nothing: the server has its log on disk before it answers a commit.
  static Result<void> make_power_safe() { return {}; }

  std::unique_ptr<events::RecordSource> archived_events(const std::string& id) override;
  Result<std::optional<host::IncompleteArchive>> incomplete_archive(const std::string& id) override;
  Result<ArchiveSize> archive_size() override;
  Result<std::optional<EndedArchive>> oldest_ended_archive() override;
  Result<void> expire_archive(const std::string& id) override;
  Result<std::optional<std::int64_t>> remove_expired(std::int64_t bytes) override;

 private:
  Result<host::ArchiveOutcome> archive_one(Connection& connection, const host::ArchiveBatch& batch);
  Database& database_;
  const std::chrono::milliseconds patience_;
  std::mutex packing_mutex_;  // guards packing_; never held while waiting for the database
  ChunkPacking packing_;
  ChunkShelf shelf_;
};

}  // namespace wye::control::postgres
