#pragma once

#include <cstdint>

#include "events/record.h"
#include "events/spool_frame.h"
#include "events/spool_reader.h"
#include "wye/result.h"

// The spool is one file of the host's. The agent appends frames through an inherited descriptor; the server
// reads it as hostile.
namespace wye::events {

/// Of what is kept: from where the server has trimmed the file to its end. Offsets go on without end, and the
/// file's length with them; its front is a hole. Nobody reads further than this from one record to the next.
inline constexpr std::int64_t kMaxSpoolBytes = 256LL << 20;
/// How much room must be left behind a record, of the file's bound and of the disk.
enum class SpoolRoom : std::int64_t {
  last = 0,               ///< For the one record that says that the log stops.
  usual = 4096,           ///< So that the last one fits.
  again = 64 * 1024 + 1,  ///< For the one that says that it goes on: not for a moment only.
};

/// Appends whole frames. A record is durable against the kill of any process once `append` has returned (the
/// kernel holds it); it does not survive a power cut.
class SpoolWriter {
 public:
  /// Finds the end of what is already there; an incomplete last frame is overwritten. The descriptor stays
  /// the caller's.
  static Result<SpoolWriter> open(int fd, std::int64_t bound = kMaxSpoolBytes);
  /// `overloaded` with code `spool_full` when the bound is kept untrimmed, `disk_full` when there is no room
  /// below it; nothing is half written then as far as readers can tell.
  Result<void> append(const Record& record, SpoolRoom behind = SpoolRoom::usual);
  [[nodiscard]] std::int64_t last_seq() const { return last_seq_; }
  [[nodiscard]] std::int64_t last_ts() const { return last_ts_; }
  /// Where the next frame will begin.
  [[nodiscard]] std::int64_t offset() const { return offset_; }
  /// Where what is kept begins now; the server trims while the file is in use.
  std::int64_t trimmed_to();

 private:
  SpoolWriter(int fd, std::int64_t bound) : fd_(fd), bound_(bound) {}
  Result<void> make_room(std::int64_t end);
  int fd_;
  std::int64_t bound_;
  std::int64_t offset_ = 0, last_seq_ = 0, last_ts_ = 0;
  std::int64_t trimmed_ = 0;  // as far as was last looked
  std::int64_t room_ = 0;     // the disk's blocks are ours up to here
};

}  // namespace wye::events
