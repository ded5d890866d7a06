#pragma once

#include <cstdint>
#include <optional>

#include "events/record.h"
#include "events/spool_frame.h"
#include "events/spool_window.h"
#include "wye/result.h"

namespace wye::events {

/// Reads frames from an offset on and trusts nothing. It demands a regular file, bounded sizes, matching
/// checksums, a `seq` that rises, a `ts` that never falls, and an envelope that is an object with that `seq`.
///
/// The work is linear in the bytes that are passed, whatever they hold, and every sound record is found. Why:
/// a record's text is JSON, which holds no zero byte, while each frame's head holds one (the highest byte of
/// its length). A frame with a zero byte after its first 30 bytes is therefore not sound, and is rejected
/// before its checksum is computed. The remaining frames do not overlap, except for heads within the first 22
/// bytes of another. No byte is summed or parsed more than `kMostOften` times.
class SpoolReader {
 public:
  /// The bytes read at once by a reader that goes on. A reader of one record reads less.
  static constexpr std::int64_t kReadAhead = 64 * 1024, kReadOne = 4 * 1024;
  static constexpr std::int64_t kMostOften = 3;

  explicit SpoolReader(int fd, std::int64_t offset = 0, std::int64_t last_seq = 0, std::int64_t last_ts = 0,
                       std::int64_t read_ahead = kReadAhead)
      : fd_(fd), window_(fd, read_ahead), offset_(offset), last_seq_(last_seq), last_ts_(last_ts) {}

  /// Returns the next valid record; nothing at the end of the whole frames (call again when the file has
  /// grown). Damage is skipped and counted.
  Result<std::optional<Record>> next();
  /// Does the same, and also returns nothing after about `most` bytes (at most a frame more) without a
  /// record; `at_end` tells the two apart. For threads that must not be held up.
  Result<std::optional<Record>> next_within(std::int64_t most);
  [[nodiscard]] bool at_end() const { return at_end_; }

  /// The offset after the last record returned and after all damage that is certain. A frame begins here, or
  /// may begin here once more bytes are written.
  [[nodiscard]] std::int64_t offset() const { return offset_; }
  [[nodiscard]] std::int64_t last_seq() const { return last_seq_; }
  [[nodiscard]] std::int64_t last_ts() const { return last_ts_; }
  /// Zeros do not count: trimmed parts read as zeros.
  [[nodiscard]] std::int64_t damaged_bytes() const { return damaged_bytes_; }
  /// The unread bytes after `offset()`. At the end of a session they are damage too: an incomplete frame that
  /// nobody will complete.
  Result<std::int64_t> unread_bytes() const;

  /// The work done so far, in bytes.
  struct Work {
    std::int64_t read = 0, searched = 0, summed = 0, parsed = 0;
  };
  [[nodiscard]] Work work() const;

 private:
  enum class Frame { whole, incomplete, bad };
  Result<std::int64_t> readable_end() const;
  /// The frame at `offset_`.
  Frame read_frame(std::int64_t end, Record& out, std::int64_t& length);
  /// Tells whether the frame's names and text hold a zero byte, as far as they are there.
  bool has_zero(std::int64_t length, std::int64_t end);
  /// Moves to where the next frame may begin, at most a block further.
  void skip_bad(std::int64_t end);
  bool skip_zeros(std::int64_t end);

  int fd_;
  SpoolWindow window_;
  std::int64_t offset_, last_seq_, last_ts_, damaged_bytes_ = 0;
  bool at_end_ = false;
  // Up to where the incomplete frame at `waits_at_` is known to hold no zero byte.
  std::int64_t waits_at_ = -1, seen_to_ = 0;
  Work work_;
};

}  // namespace wye::events
