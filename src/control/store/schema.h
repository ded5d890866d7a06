#pragma once

#include <functional>
#include <span>
#include <string>

#include "control/store/sqlite_database.h"
#include "wye/result.h"

namespace wye::control {

inline constexpr int kApplicationId =
    0x57796531;  // "Wye1": tells our files from those of other SQLite programs

/// One step of the schema's history. A released step is never changed: a new one is appended, together with
/// the database of the version before it in testing/past_databases.cc.
struct Migration {
  int version;  ///< `user_version` after this step.
  const char* sql;
  /// Work that takes too long for one transaction: it runs first, in as many transactions as it needs, on any
  /// version before this.
  Result<void> (*before)(Database& database, const std::function<void(const std::string&)>& say) = nullptr;
};

/// In order, from an empty file. Each runs in a transaction of its own.
[[nodiscard]] std::span<const Migration> migrations();
/// The version that this build reads and writes.
[[nodiscard]] int schema_version();

}  // namespace wye::control
