#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/unique_fd.h"
#include "control/store/store.h"

namespace wye::control {

/// Moves records from the sessions' spools into the archive: commit first, then trim. Thread-safe; one
/// session at a time is read by one thread.
class Archiver {
 public:
  Archiver(Store& store, const Clock& clock, const Log& log) : store_(store), clock_(clock), log_(log) {}

  /// From then on until `close` the session's spool is read; it is opened when that is first needed.
  void open(const std::string& session, std::string spool_path);
  /// Archives what is whole in the spool now. Nothing to do for a session that is not open.
  Result<void> ingest(const std::string& session);
  /// After every process of the VM was reaped: the rest, and an event about damage if there was any. Then the
  /// archive is whole. A spool that was never made is empty; one that cannot be read now is an error.
  Result<void> finish(const std::string& session);
  void close(const std::string& session);

  /// The spool has something new: from now on it lags, until it was archived.
  void grew(const std::string& session);
  struct Lag {
    std::uint64_t bytes = 0;  ///< Of all open spools, not archived yet.
    double seconds = 0;       ///< How long the oldest of them has waited.
  };
  [[nodiscard]] Lag lag() const;
  /// Records committed so far.
  [[nodiscard]] std::uint64_t archived() const { return archived_.value(); }

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct Spool {
    explicit Spool(std::string its_path) : path(std::move(its_path)) {}
    const std::string path;
    std::mutex mutex;
    UniqueFd fd;
    SpoolMark mark;
    std::int64_t trimmed = 0, damaged = 0;
    // For lag(), which waits for no reader.
    std::atomic<std::int64_t> archived_to = 0;
    std::atomic<Time> behind_since = kNever;  // of what a reader under way may get
    std::atomic<Time> newer_since = kNever;   // of what came after it had begun
  };
  static constexpr Time kNever = Time::max();
  std::shared_ptr<Spool> find(const std::string& session);
  /// False when there is no such file.
  Result<bool> open_locked(const std::string& session, Spool& spool);
  Result<void> ingest_locked(const std::string& session, Spool& spool);
  Result<void> read_on(const std::string& session, Spool& spool);

  Store& store_;
  const Clock& clock_;
  const Log& log_;
  SharedCounter archived_;
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Spool>> spools_;  // shared with a reader under way
};

}  // namespace wye::control
