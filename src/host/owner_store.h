#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "events/record.h"
#include "wye/result.h"

namespace wye::host {

/// How far the archive has read a session's spool, and what was lost before that and is not told yet.
struct SpoolMark {
  std::int64_t offset = 0, last_seq = 0, last_ts = 0;
  std::int64_t damaged = 0;  ///< Bytes that were no records.
  std::int64_t dropped = 0;  ///< Records that found no room in the archive.
};

/// What a record takes in the archive: its text, and what the row and its entry in the index take beside it,
/// as measured.
inline constexpr std::int64_t kArchivedBesideText = 220;
[[nodiscard]] inline std::int64_t bytes_in_archive(const events::Record& record) {
  return static_cast<std::int64_t>(record.json.size()) + kArchivedBesideText;
}

/// The owner's half of the record: what the host that owns a session's VM reads and writes of it. Calls
/// block; thread-safe. Once a call has returned without an error, what it wrote is committed and survives the
/// kill of any process; a power cut too where it says *power-safe*.
class OwnerStore {
 public:
  virtual ~OwnerStore() = default;

  /// What the driver needs to find the VM again. Of a live session; nothing happens to one that is not.
  virtual Result<void> replace_vm(const std::string& id, const std::string& vm) = 0;
  [[nodiscard]] virtual Result<SpoolMark> spool_mark(const std::string& id) = 0;
  /// Records and mark in one transaction; the first of a (session, seq) wins.
  virtual Result<void> archive(const std::string& id, const std::vector<events::Record>& records,
                               const SpoolMark& mark) = 0;
  /// What the archive holds of one session.
  [[nodiscard]] virtual Result<std::int64_t> archive_bytes(const std::string& id) = 0;
  /// All that is committed is power-safe from here on; before a spool is trimmed.
  virtual Result<void> make_power_safe() = 0;
  /// The archive of the session is whole. Power-safe: its spool is removed next.
  virtual Result<void> set_gone(const std::string& id, std::int64_t deleted_at, std::int64_t uptime_ms) = 0;
};

}  // namespace wye::host
