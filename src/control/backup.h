#pragma once

#include <string>

#include "base/clock.h"
#include "control/store/sqlite_backup.h"
#include "host/driver.h"

namespace wye::control {

/// Backs a data directory up into one file, also while it is served: what was committed at one moment, with
/// archive, keys and the secret of the tokens (the file is its owner's alone). Checked before it gets its
/// name. `conflict` (`file_exists`) when it is there, unless `force`.
Result<DatabaseCounts> back_up(const std::string& data_dir, const std::string& file, bool force,
                               const Clock& clock);

struct Restored {
  RestoredDatabase database;
  std::string kept_aside;  ///< Where what was there before is now; "" when nothing was.
};
/// Makes a data directory from a backup, which is checked whole first. Browsers that lived then are on record
/// as ended. `conflict` when the directory is served, or holds a database and not `force`: with it, what is
/// there is moved aside below the directory, and VMs that still run for it are ended by `driver`.
Result<Restored> restore(const std::string& file, const std::string& data_dir, bool force,
                         host::Driver& driver, const Clock& clock);

}  // namespace wye::control
