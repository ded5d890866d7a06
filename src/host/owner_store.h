#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "events/record.h"
#include "wye/result.h"

namespace wye::host {

/// How far the archive has read a session's spool, and which losses before that are not told yet.
struct SpoolMark {
  std::int64_t offset = 0, last_seq = 0, last_ts = 0;
  std::int64_t damaged = 0;  ///< Bytes that were no records.
  std::int64_t dropped = 0;  ///< Records that found no room in the archive.
  friend bool operator==(const SpoolMark&, const SpoolMark&) = default;
};

/// What a record takes in the archive, at most. Records are packed there; after each batch the archive says
/// how much it takes in truth (`ArchiveOutcome`).
inline constexpr std::int64_t kArchivedBesideText = 220;
[[nodiscard]] inline std::int64_t bytes_in_archive(const events::Record& record) {
  return static_cast<std::int64_t>(record.json.size()) + kArchivedBesideText;
}

/// Why an archive lacks its end, for ever.
struct IncompleteArchive {
  std::string reason;             ///< A word for programs, `spool_missing` or `spool_truncated`.
  std::int64_t last_seq = 0;      ///< The `seq` of the last event that was archived.
  std::int64_t last_contact = 0;  ///< µs; when the session was last known to be well.
};

/// What is to be archived of one session.
struct ArchiveBatch {
  std::string session;
  SpoolMark expected;  ///< The mark as its writer read or wrote it last.
  std::vector<events::Record> records;
  SpoolMark mark;                               ///< Behind the records.
  std::optional<IncompleteArchive> incomplete;  ///< Set when the archive ends here and is not whole.
};

/// What became of a batch.
struct ArchiveOutcome {
  /// False when somebody else has moved the mark, or when the session is gone or not on record: nothing of
  /// the batch was kept, and its writer reads the mark again.
  bool taken = false;
  std::int64_t archive_bytes = 0;  ///< What the session's archive takes now; 0 when it was not taken.
};

/// The last step of a session's life.
struct LastStep {
  std::int64_t at = 0;  ///< µs.
  std::int64_t uptime_ms = 0;
  std::optional<SpoolMark>
      archived_to;  ///< Where its writer left the archive; nothing when it read no spool.
};

/// What the owner of a session's VM writes on record. Calls block; thread-safe. Promises and errors are those
/// of control/store/store.h: an error does not say whether the batch was committed; `spool_mark` does.
class OwnerStore {
 public:
  virtual ~OwnerStore() = default;

  /// Returns the mark; all zeros for a session that has archived nothing or is not on record.
  [[nodiscard]] virtual Result<SpoolMark> spool_mark(const std::string& session) = 0;
  /// Writes all batches in one commit, each with its mark, and returns the outcomes in their order. A record
  /// whose seq is not above the expected mark's is left out: the first of a seq wins.
  virtual Result<std::vector<ArchiveOutcome>> archive(const std::vector<ArchiveBatch>& batches) = 0;
  /// Returns what the session's archive takes.
  [[nodiscard]] virtual Result<std::int64_t> archive_bytes(const std::string& session) = 0;
  /// Makes everything that was committed so far power-safe before it returns. Called before a spool is
  /// trimmed.
  virtual Result<void> make_power_safe() = 0;

  /// Keeps what the driver needs to find the VM again. `conflict` for a session that is neither creating nor
  /// live.
  virtual Result<void> keep_vm(const std::string& session, const std::string& vm) = 0;
  /// Moves a session from `ending` to `gone`, power-safe: the spool is removed next. Returns true too when it
  /// is gone already, or is not on record. Returns false when the archive stands elsewhere than the step
  /// says, or when the session is not ending.
  virtual Result<bool> end_session(const std::string& session, const LastStep& step) = 0;
};

}  // namespace wye::host
