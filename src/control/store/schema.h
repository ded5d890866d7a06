#pragma once

#include <span>

namespace wye::control {

inline constexpr int kApplicationId = 0x57796531;  // "Wye1": tells our files from other SQLite databases

/// One step of the schema's history. What was released is never changed: a new step is appended, together
/// with the database of the version before it in testing/past_databases.cc.
struct Migration {
  int version;  ///< `user_version` once it is done.
  const char* sql;
};

/// In order, from an empty file. Each runs in a transaction of its own.
[[nodiscard]] std::span<const Migration> migrations();
/// The version that this build reads and writes.
[[nodiscard]] int schema_version();

}  // namespace wye::control
