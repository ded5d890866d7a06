#pragma once

#include <functional>
#include <span>
#include <string>

#include "control/store/sqlite_database.h"
#include "wye/result.h"

namespace wye::control {

inline constexpr int kApplicationId = 0x57796531;  // "Wye1": tells our files from other SQLite databases

/// One step of the schema's history. What was released is never changed: a new step is appended, together
/// with the database of the version before it in testing/past_databases.cc.
struct Migration {
  int version;  ///< `user_version` once it is done.
  const char* sql;
  /// What takes too long for one transaction: done first, in as many as it needs; on any version before.
  Result<void> (*before)(Database& database, const std::function<void(const std::string&)>& say) = nullptr;
};

/// In order, from an empty file. Each runs in a transaction of its own.
[[nodiscard]] std::span<const Migration> migrations();
/// The version that this build reads and writes.
[[nodiscard]] int schema_version();

}  // namespace wye::control
