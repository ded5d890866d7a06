#pragma once

#include <functional>
#include <string>

#include "control/store/sqlite_database.h"

namespace wye::control {

/// Moves the archive's rows of schemas before 6 into chunks, at most 5,000 rows a commit, so that a kill in
/// the middle loses nothing and the next start continues. `say` is told the progress now and then. Rows that
/// are no records are left behind and counted.
Result<void> move_rows_into_chunks(Database& database, const std::function<void(const std::string&)>& say);

}  // namespace wye::control
