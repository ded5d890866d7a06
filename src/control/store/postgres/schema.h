#pragma once

#include <span>

#include "control/store/postgres/pool.h"

namespace wye::control::postgres {

/// One step of the schema's history, in a transaction of its own. What was released is never changed: a new
/// step is appended.
struct SchemaStep {
  int version;  ///< Of the schema once it is done.
  const char* sql;
};
[[nodiscard]] std::span<const SchemaStep> schema_steps();
[[nodiscard]] int newest_schema();

/// Which schema the database has; 0 when it has none. `store_foreign` when its schema `wye` is not ours,
/// `store_newer` when a newer Wye made it.
[[nodiscard]] Result<int> schema_of(Connection& connection);
/// Brings it up to date; of several that do so at the same time one works and the others wait.
Result<void> upgrade_schema(Connection& connection);

}  // namespace wye::control::postgres
