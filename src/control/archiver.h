#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "base/log.h"
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

 private:
  struct Spool {
    explicit Spool(std::string its_path) : path(std::move(its_path)) {}
    const std::string path;
    std::mutex mutex;
    UniqueFd fd;
    SpoolMark mark;
    std::int64_t trimmed = 0, damaged = 0;
  };
  std::shared_ptr<Spool> find(const std::string& session);
  /// False when there is no such file.
  Result<bool> open_locked(const std::string& session, Spool& spool);
  Result<void> ingest_locked(const std::string& session, Spool& spool);

  Store& store_;
  const Clock& clock_;
  const Log& log_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Spool>> spools_;  // shared with a reader under way
};

}  // namespace wye::control
