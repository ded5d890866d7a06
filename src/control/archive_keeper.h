#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "base/clock.h"
#include "base/jobs.h"
#include "base/log.h"
#include "base/metrics.h"
#include "control/store/lease.h"
#include "control/store/store.h"
#include "host/archive_room.h"

namespace wye::control {

struct ArchiveLimits {
  std::chrono::hours keep{24 * 30};     ///< How long an archive is kept after its session's end.
  std::int64_t max_bytes = 20LL << 30;  ///< The most of all archives; 0 = no bound.
};

/// Removes archives of ended sessions, the one that ended first before the others, when they are old enough
/// or take too many bytes together. For readers an archive is gone at once; its room is given back piece by
/// piece, with pauses in between, so that nobody waits long for the store. What a living session has archived
/// is never removed. While no other archives are left and they take too many bytes, living sessions are held
/// to equal shares of the bound.
class ArchiveKeeper {
 public:
  static constexpr std::int64_t kStepBytes = 4 << 20;
  static constexpr std::chrono::milliseconds kPause{20};          ///< Between two pieces.
  static constexpr std::chrono::milliseconds kLookAgain{10'000};  ///< The pause when there was nothing to do.
  /// The pause when only an eighth of the bound is left.
  static constexpr std::chrono::milliseconds kLookSoon{1000};

  /// `holder` names this server: of several servers on one record, one keeps the archive.
  ArchiveKeeper(Store& store, const Clock& clock, const Log& log, ArchiveLimits limits,
                host::ArchiveRoom& room, std::string holder)
      : store_(store),
        clock_(clock),
        log_(log),
        limits_(limits),
        room_(room),
        lease_(store, clock, "archive_keeper", std::move(holder)) {}

  /// Starts its thread, which runs until the keeper is destroyed.
  void start();
  /// Does one piece of work, and returns how long until the next.
  std::chrono::milliseconds step();

  struct Totals {
    std::int64_t bytes = 0, sessions = 0;  ///< What the archive held when it was last looked at.
    std::uint64_t expired_by_age = 0, expired_by_size = 0, events_removed = 0;
  };
  /// Callable on any thread.
  [[nodiscard]] Totals totals() const;

 private:
  Result<std::chrono::milliseconds> try_step();
  void hold_to_shares(const ArchiveSize& size);

  Store& store_;
  const Clock& clock_;
  const Log& log_;
  const ArchiveLimits limits_;
  host::ArchiveRoom& room_;
  Lease lease_;
  std::atomic<std::int64_t> bytes_ = 0, sessions_ = 0;
  SharedCounter by_age_, by_size_, removed_;
  Jobs jobs_{1};  // last: its job uses the rest
};

}  // namespace wye::control
