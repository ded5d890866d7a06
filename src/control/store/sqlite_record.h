#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/store/sqlite_archive.h"
#include "control/store/sqlite_database.h"
#include "control/store/sqlite_log.h"
#include "control/store/store.h"

namespace wye::control {

/// The store on SQLite: one connection writes under `mutex_`, others read pages of the archive, keys and
/// exports. Its parts are in sqlite_sessions.cc, sqlite_owner.cc and sqlite_store.cc.
class SqliteStore final : public Store {
 public:
  SqliteStore(Database writer, Database archive, Database keys, Database exports);

  Result<std::optional<std::string>> setting(const std::string& name) override;
  Result<void> set_setting(const std::string& name, const std::string& value) override;
  Result<std::string> setting_once(const std::string& name, const std::string& candidate) override;

  Result<bool> take_lease(const std::string& name, const std::string& holder,
                          std::chrono::milliseconds ttl) override;
  Result<void> end_lease(const std::string& name, const std::string& holder) override;

  KeyStore& keys() override { return *keys_; }
  ExportStore& exports() override { return *exports_; }

  Result<void> insert_session(const Session& session) override;
  Result<Moved> move(const std::string& id, Life from, Life to, const LifeStep& step) override;
  Result<std::optional<Session>> patch_config(const std::string& id, const ConfigPatch& patch) override;
  Result<void> set_telemetry(
      const std::string& id,
      const std::optional<std::map<std::string, TelemetryCategory>>& telemetry) override;
  Result<std::optional<Session>> session(const std::string& id) override;
  Result<std::optional<Session>> session_by_name(const std::string& name) override;
  Result<std::vector<Session>> sessions(const SessionFilter& filter) override;
  Result<std::vector<Session>> sessions_not_gone() override;

  Result<host::SpoolMark> spool_mark(const std::string& session) override;
  Result<std::vector<host::ArchiveOutcome>> archive(const std::vector<host::ArchiveBatch>& batches) override;
  Result<std::int64_t> archive_bytes(const std::string& session) override;
  Result<void> make_power_safe() override;

  std::unique_ptr<events::RecordSource> archived_events(const std::string& id) override;
  Result<std::optional<host::IncompleteArchive>> incomplete_archive(const std::string& id) override;
  Result<ArchiveSize> archive_size() override;
  Result<std::optional<EndedArchive>> oldest_ended_archive() override;
  Result<void> expire_archive(const std::string& id) override;
  Result<std::optional<std::int64_t>> remove_expired(std::int64_t bytes) override;

 private:
  Statement statement(std::string_view sql) { return {db_.handle(), sql}; }
  [[nodiscard]] bool changed() const { return ::sqlite3_changes64(db_.handle()) > 0; }
  // The lock is held here and in all that follow.
  Result<std::optional<Session>> one(const std::string& where, const std::string& value);
  Result<Moved> end_life(const std::string& id, Life from, const LifeStep& step);
  Result<std::optional<host::SpoolMark>> mark_of_living(const std::string& session);
  Result<host::ArchiveOutcome> archive_one(const host::ArchiveBatch& batch);

  Database db_;
  const LogKeeper log_{db_.handle(), kBusyMs};
  std::mutex mutex_;
  ChunkPacking packing_;
  ArchiveReader archive_;
  const std::unique_ptr<KeyStore> keys_;  // uses db_ and mutex_, as does exports_
  const std::unique_ptr<ExportStore> exports_;
};

}  // namespace wye::control
