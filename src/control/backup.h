#pragma once

#include <string>

#include "base/clock.h"
#include "control/store/sqlite_backup.h"
#include "host/driver.h"

namespace wye::control {

/// Backs a data directory up into one file, also while it is served: all that was committed at one moment,
/// with archive, keys and the secret of the tokens (only the owner can read the file). It is checked before
/// it gets its name. `conflict` (`file_exists`) when the file exists, unless `force`.
Result<DatabaseCounts> back_up(const std::string& data_dir, const std::string& file, bool force,
                               const Clock& clock);

struct Restored {
  RestoredDatabase database;
  std::string kept_aside;  ///< Where the earlier contents are now; "" when there were none.
};
/// Makes a data directory from a backup, which is checked as a whole first. Browsers that lived then are on
/// record as ended. `conflict` when the directory is served, or when it holds a database and there is no
/// `force`. With `force`, the contents are moved aside below the directory, and `driver` ends VMs that still
/// run for it.
Result<Restored> restore(const std::string& file, const std::string& data_dir, bool force,
                         host::Driver& driver, const Clock& clock);

}  // namespace wye::control
