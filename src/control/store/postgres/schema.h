#pragma once

#include <span>

#include "control/store/postgres/pool.h"

namespace wye::control::postgres {

/// One step of the schema's history, in a transaction of its own. A released step is never changed: a new one
/// is appended.
struct SchemaStep {
  int version;  ///< The schema's version after this step.
  const char* sql;
};
[[nodiscard]] std::span<const SchemaStep> schema_steps();
[[nodiscard]] int newest_schema();

/// Returns the database's schema version; 0 when it has no schema. Fails with `store_foreign` when its schema
/// `wye` is not ours, and with `store_newer` when a newer Wye made it.
[[nodiscard]] Result<int> schema_of(Connection& connection);
/// Brings the schema up to date; of several callers at the same time, one works and the others wait.
Result<void> upgrade_schema(Connection& connection);

}  // namespace wye::control::postgres
