#pragma once

#include <cstdint>
#include <optional>

#include "events/record.h"
#include "events/spool_frame.h"
#include "events/spool_window.h"
#include "wye/result.h"

namespace wye::events {

/// Reads frames from an offset on, trusting nothing: a regular file, bounded sizes, matching checksums, `seq`
/// strictly rising, `ts` never falling, an envelope that is an object of that `seq`.
///
/// The work is linear in the bytes that are passed, whatever they are, and no sound record is lost for it.
/// The rule: a record's text is JSON, which holds no zero byte, and each frame's head holds one (the highest
/// of its length). So a frame with a zero byte behind its first 30 is not sound, and is left before anything
/// is summed; and the frames that are summed lie apart, but for heads within the first 22 bytes of one: no
/// byte is summed or parsed more than `kMostOften` times.
class SpoolReader {
 public:
  /// How much of the file is read at once, for who reads on; who wants one record takes less.
  static constexpr std::int64_t kReadAhead = 64 * 1024, kReadOne = 4 * 1024;
  static constexpr std::int64_t kMostOften = 3;

  explicit SpoolReader(int fd, std::int64_t offset = 0, std::int64_t last_seq = 0, std::int64_t last_ts = 0,
                       std::int64_t read_ahead = kReadAhead)
      : fd_(fd), window_(fd, read_ahead), offset_(offset), last_seq_(last_seq), last_ts_(last_ts) {}

  /// The next valid record; nothing at the end of what is whole (call again when the file has grown). Damage
  /// is skipped and counted: reading goes on at the next valid frame.
  Result<std::optional<Record>> next();
  /// The same, and nothing as well once it has read `most` bytes without meeting one, or a frame more;
  /// `at_end` says which. For threads that others need.
  Result<std::optional<Record>> next_within(std::int64_t most);
  [[nodiscard]] bool at_end() const { return at_end_; }

  /// Behind the last record returned and behind all damage that is certain: what begins here is a frame, or
  /// may become one.
  [[nodiscard]] std::int64_t offset() const { return offset_; }
  [[nodiscard]] std::int64_t last_seq() const { return last_seq_; }
  [[nodiscard]] std::int64_t last_ts() const { return last_ts_; }
  /// Zeros are none: that is how what the server has trimmed reads.
  [[nodiscard]] std::int64_t damaged_bytes() const { return damaged_bytes_; }
  /// At the end of a session an incomplete frame is damage too; the bytes behind `offset()` that were not
  /// read.
  Result<std::int64_t> unread_bytes() const;

  /// What reading has cost, in bytes.
  struct Work {
    std::int64_t read = 0, searched = 0, summed = 0, parsed = 0;
  };
  [[nodiscard]] Work work() const;

 private:
  enum class Frame { whole, incomplete, bad };
  Result<std::int64_t> readable_end() const;
  /// The frame at `offset_`.
  Frame read_frame(std::int64_t end, Record& out, std::int64_t& length);
  /// Whether there is a zero byte in the frame's names and text, as far as they are there.
  bool has_zero(std::int64_t length, std::int64_t end);
  /// To where the next frame may begin; a block further at most.
  void skip_bad(std::int64_t end);
  bool skip_zeros(std::int64_t end);

  int fd_;
  SpoolWindow window_;
  std::int64_t offset_, last_seq_, last_ts_, damaged_bytes_ = 0;
  bool at_end_ = false;
  // Of the frame at `waits_at_`, which was incomplete: how far it was seen to hold no zero.
  std::int64_t waits_at_ = -1, seen_to_ = 0;
  Work work_;
};

}  // namespace wye::events
