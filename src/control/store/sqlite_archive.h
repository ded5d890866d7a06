#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "control/store/sqlite_database.h"
#include "control/store/store.h"
#include "events/paging.h"

// The archive's tables: events, and what is kept of each session. The caller holds the connection's lock.
namespace wye::control {

/// Inside a transaction; records up to `after` are left out.
[[nodiscard]] Result<void> add_to_archive(Database& database, const std::string& session, std::int64_t after,
                                          const std::vector<events::Record>& records);

[[nodiscard]] Result<ArchiveSize> read_archive_size(Database& database);
[[nodiscard]] Result<std::int64_t> read_archive_bytes(Database& database, const std::string& session);
[[nodiscard]] Result<std::optional<EndedArchive>> read_oldest_ended_archive(Database& database);
/// `Store::remove_expired`.
[[nodiscard]] Result<std::optional<std::int64_t>> remove_expired_events(Database& database,
                                                                        std::int64_t bytes);

/// Pages that cost the same at any depth and with any filter. Takes the lock itself, for one scan.
[[nodiscard]] std::unique_ptr<events::RecordSource> make_archived_events(Database& database,
                                                                         std::mutex& mutex,
                                                                         std::string session);

}  // namespace wye::control
