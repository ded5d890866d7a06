#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/unique_fd.h"
#include "events/spool_reader.h"
#include "host/archive_room.h"
#include "host/owner_store.h"

namespace wye::host {

/// What is known of a session when its spool is read to its end.
struct SpoolPast {
  bool ran = false;             ///< Whether its VM ran: then it has a spool.
  std::int64_t created_at = 0;  ///< µs.
};

/// Moves records from the sessions' spools into the archive: it commits first, then trims. The agent decides
/// what is in a spool and how long it is. So a call reads one slice, holds no thread for long, and is called
/// again when there is more. A session that has filled its room in the archive loses what comes after; an
/// event in the archive says so. Thread-safe; only one thread at a time reads a session's spool.
class Archiver {
 public:
  /// About as much as one call reads.
  static constexpr std::int64_t kSliceBytes = 8 << 20;
  enum class Progress { done, more };

  Archiver(OwnerStore& store, const Clock& clock, const Log& log, const ArchiveRoom& room)
      : store_(store), clock_(clock), log_(log), room_(room) {}

  /// Lets the session's spool be read until `close`. The file is opened when it is first needed.
  void open(const std::string& session, std::string spool_path);
  /// Archives a slice of what is whole in the spool now. Returns `done` for a session that is not open.
  Result<Progress> ingest(const std::string& session);
  /// Archives up to where the spool ends now, for a thread that others wait for. Fails with `overloaded`
  /// (503) when that is more than a slice, or when another thread reads the spool. Returns false for a
  /// session that is not open.
  Result<bool> catch_up(const std::string& session);
  /// Archives the rest, after every process of the VM was reaped, and events about damage and loss if there
  /// was any. After `done` nothing more comes. A spool that was never made is empty. One that is missing
  /// though its session ran, or that ends before what was read of it, was lost: the archive is marked as
  /// incomplete. One that cannot be read now is an error.
  Result<Progress> finish(const std::string& session, const SpoolPast& past = {});
  /// Frees the blocks that no honest agent would hold: all of the spool's but the `events::kMaxSpoolBytes`
  /// that are read next.
  Result<void> cut(const std::string& session);
  void close(const std::string& session);
  /// Returns how far this archiver has committed; nothing while it has read nothing of the session.
  [[nodiscard]] std::optional<SpoolMark> mark(const std::string& session);

  /// Notes that the spool has grown: it lags from now on until that is archived.
  void grew(const std::string& session);
  struct Lag {
    std::uint64_t bytes = 0;  ///< Bytes of all open spools that are not archived yet.
    double seconds = 0;       ///< How long the oldest of those bytes has waited.
  };
  [[nodiscard]] Lag lag() const;
  /// Returns how many records were committed so far.
  [[nodiscard]] std::uint64_t archived() const { return archived_.value(); }
  /// Returns how many records found no room in the archive.
  [[nodiscard]] std::uint64_t dropped() const { return dropped_.value(); }

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct Spool {
    explicit Spool(std::string its_path) : path(std::move(its_path)) {}
    const std::string path;
    std::mutex mutex;
    UniqueFd fd;
    SpoolMark mark;  // as it was committed
    // Stands at the mark, or behind damage that is not committed yet.
    std::optional<events::SpoolReader> reader;
    std::int64_t damaged_before = 0;  // before the reader began
    std::int64_t trimmed = 0, archive_bytes = 0;
    // For lag(), which waits for no reader.
    std::atomic<std::int64_t> archived_to = 0;
    std::atomic<Time> behind_since = kNever;  // since when the records wait that a reader under way may get
    std::atomic<Time> newer_since = kNever;   // since when those wait that came after it had begun
  };
  static constexpr Time kNever = Time::max();
  std::shared_ptr<Spool> find(const std::string& session);
  /// Returns false when there is no such file.
  Result<bool> open_locked(const std::string& session, Spool& spool);
  Result<Progress> read_slice(const std::string& session, Spool& spool);
  /// Commits what was read since the mark, and the mark behind it.
  Result<void> commit(const std::string& session, Spool& spool, std::vector<events::Record> batch);
  /// Writes at the mark that was committed last. It is an error when somebody else has moved the mark; then
  /// it is read again.
  Result<void> put(const std::string& session, Spool& spool, std::vector<events::Record> records,
                   const SpoolMark& mark, std::optional<IncompleteArchive> incomplete = {});
  void keep_within_room(const std::string& session, const Spool& spool, std::vector<events::Record>& batch,
                        SpoolMark& mark);
  Result<void> trim(Spool& spool);
  Result<void> tell_incomplete(const std::string& session, Spool& spool, const SpoolPast& past,
                               const char* reason);
  Result<void> tell_losses(const std::string& session, Spool& spool);
  static void cut_locked(Spool& spool);

  OwnerStore& store_;
  const Clock& clock_;
  const Log& log_;
  const ArchiveRoom& room_;
  SharedCounter archived_, dropped_;
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Spool>> spools_;  // shared with a reader under way
};

}  // namespace wye::host
