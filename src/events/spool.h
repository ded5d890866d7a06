#pragma once

#include <cstdint>

#include "events/record.h"
#include "events/spool_frame.h"
#include "events/spool_reader.h"
#include "wye/result.h"

// The spool is a file that the host owns. The agent appends frames through an inherited descriptor; the
// server reads it as hostile.
namespace wye::events {

/// The bound of the part of the file that is kept. Its trimmed front is a hole; its length grows without
/// limit. A reader looks at most this far for the next record.
inline constexpr std::int64_t kMaxSpoolBytes = 256LL << 20;
/// The free bytes, of the file's bound and of the disk, that must remain after a record.
enum class SpoolRoom : std::int64_t {
  last = 0,      ///< For the record that reports that the log stops.
  usual = 4096,  ///< Leaves room for that last record.
  again = 64 * 1024 +
          1,  ///< For the record that reports that the log goes on, so that it then goes on for a while.
};

/// Appends whole frames. Once `append` has returned, the kernel holds the record: it survives the kill of any
/// process, but not a power cut.
class SpoolWriter {
 public:
  /// Finds the end of what is already there; an incomplete last frame is overwritten. The descriptor stays
  /// the caller's.
  static Result<SpoolWriter> open(int fd, std::int64_t bound = kMaxSpoolBytes);
  /// Fails with `overloaded` and the code `spool_full` when the kept part has reached its bound, `disk_full`
  /// when the disk has no room. Readers then see nothing of the record.
  Result<void> append(const Record& record, SpoolRoom behind = SpoolRoom::usual);
  [[nodiscard]] std::int64_t last_seq() const { return last_seq_; }
  [[nodiscard]] std::int64_t last_ts() const { return last_ts_; }
  /// The offset of the next frame.
  [[nodiscard]] std::int64_t offset() const { return offset_; }
  /// The offset at which the kept part begins now. The server trims while the file is in use.
  std::int64_t trimmed_to();

 private:
  SpoolWriter(int fd, std::int64_t bound) : fd_(fd), bound_(bound) {}
  Result<void> make_room(std::int64_t end);
  int fd_;
  std::int64_t bound_;
  std::int64_t offset_ = 0, last_seq_ = 0, last_ts_ = 0;
  std::int64_t trimmed_ = 0;  // as of the last look
  std::int64_t room_ = 0;     // blocks of the disk are allocated up to here
};

}  // namespace wye::events
