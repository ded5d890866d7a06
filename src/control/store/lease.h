#pragma once

#include <chrono>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "control/store/lease_store.h"

namespace wye::control {

/// One server's hold on work that only one of several may do. It seldom asks the store: it renews a lease
/// when a third of its time is over. The time counts from before the store was asked, less a margin, so that
/// the lease ends here before another server can have it. Thread-safe.
class Lease {
 public:
  static constexpr std::chrono::milliseconds kTtl{60'000};
  static constexpr std::chrono::milliseconds kMargin{2'000};
  /// How long to wait before asking again for a lease that another server has.
  static constexpr std::chrono::milliseconds kAskAgain{5'000};

  /// `holder` names this server, before and after a restart.
  Lease(LeaseStore& store, const Clock& clock, std::string name, std::string holder,
        std::chrono::milliseconds ttl = kTtl)
      : store_(store), clock_(clock), name_(std::move(name)), holder_(std::move(holder)), ttl_(ttl) {}

  /// Tells whether this server has the lease now. While the store is away, a lease stays held until its time
  /// is over; then this is an error.
  Result<bool> held();
  /// Lets other servers have the lease at once; for the end of a server.
  void end();

 private:
  using Time = std::chrono::steady_clock::time_point;
  LeaseStore& store_;
  const Clock& clock_;
  const std::string name_, holder_;
  const std::chrono::milliseconds ttl_;
  std::mutex mutex_;
  Time renew_at_ = Time::min(), over_at_ = Time::min();
};

}  // namespace wye::control
