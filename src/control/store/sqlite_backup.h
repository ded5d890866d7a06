#pragma once

#include <cstdint>
#include <string>

#include "wye/result.h"

namespace wye::control {

struct DatabaseCounts {
  std::int64_t sessions = 0, unfinished = 0, events = 0, keys = 0;
};

/// Writes what is committed now into the empty file `to`, as one consistent state and synced, also while
/// servers write. `at` (µs) is stored in it as the time of the backup.
Result<DatabaseCounts> copy_database(const std::string& from, const std::string& to, std::int64_t at);

struct RestoredDatabase {
  std::int64_t made_at = 0;  ///< µs, the time of the backup; 0 = unknown.
  DatabaseCounts counts;     ///< `unfinished` is the number before this call.
};
/// Prepares a copy that a server is to start from: brings the schema up to date, and records sessions that
/// were not gone as gone at the time of the backup, since their VMs belong to another directory.
Result<RestoredDatabase> prepare_restored(const std::string& path, std::int64_t now);

}  // namespace wye::control
