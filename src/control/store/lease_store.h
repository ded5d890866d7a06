#pragma once

#include <chrono>
#include <string>

#include "wye/result.h"

namespace wye::control {

/// Decides which of several servers does the work that only one may do. Time is the store's own: no clocks of
/// two machines are compared. Calls block; thread-safe. Promises and errors: store.h. See lease.h.
class LeaseStore {
 public:
  virtual ~LeaseStore() = default;

  /// Returns true when `holder` has the lease for `ttl` from now, newly or still; false when another holder
  /// has it.
  virtual Result<bool> take_lease(const std::string& name, const std::string& holder,
                                  std::chrono::milliseconds ttl) = 0;
  /// Lets others have it at once; does nothing when another holder has it.
  virtual Result<void> end_lease(const std::string& name, const std::string& holder) = 0;
};

}  // namespace wye::control
