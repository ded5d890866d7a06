#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "events/record.h"
#include "wye/result.h"

// The spool is one file of the host's. The agent appends through an inherited descriptor; the server reads it
// as hostile. Frame, little-endian: magic u32, payload length u32, CRC-32 of the payload u32, then the
// payload: seq i64, ts i64, category length u8, type length u8, category, type, envelope text.
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
inline constexpr std::size_t kFrameHead = 12;
inline constexpr std::size_t kMaxPayload = (1u << 20) + 1024;

/// The frame of one record.
[[nodiscard]] std::string frame_of(const Record& record);

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

/// Reads frames from an offset on, trusting nothing: a regular file, bounded sizes, matching checksums, `seq`
/// strictly rising, `ts` never falling, an envelope that is an object of that `seq`.
class SpoolReader {
 public:
  /// How much of the file is read at once, for who reads on; who wants one record takes less.
  static constexpr std::int64_t kReadAhead = 64 * 1024, kReadOne = 4 * 1024;

  explicit SpoolReader(int fd, std::int64_t offset = 0, std::int64_t last_seq = 0, std::int64_t last_ts = 0,
                       std::int64_t read_ahead = kReadAhead)
      : fd_(fd), read_ahead_(read_ahead), offset_(offset), last_seq_(last_seq), last_ts_(last_ts) {}

  /// The next valid record; nothing at the end of what is whole (call again when the file has grown). Damage
  /// is skipped and counted: reading goes on at the next valid frame.
  Result<std::optional<Record>> next();

  [[nodiscard]] std::int64_t offset() const { return offset_; }  ///< Behind the last record returned.
  [[nodiscard]] std::int64_t last_seq() const { return last_seq_; }
  [[nodiscard]] std::int64_t last_ts() const { return last_ts_; }
  [[nodiscard]] std::int64_t damaged_bytes() const { return damaged_bytes_; }
  /// At the end of a session an incomplete frame is damage too; the bytes behind `offset()` that were not
  /// read.
  Result<std::int64_t> unread_bytes() const;

 private:
  enum class Frame { whole, incomplete, bad };
  Result<std::int64_t> readable_end() const;
  Frame read_frame(std::int64_t at, std::int64_t end, Record& out, std::int64_t& length);
  /// The file's bytes, of which many frames are read at once; nothing when they are not there.
  std::optional<std::string_view> bytes(std::int64_t at, std::size_t size, std::int64_t end);
  Record take(Record record, std::int64_t behind);
  [[nodiscard]] bool is_sound(const Record& record) const;
  std::int64_t find_magic(std::int64_t from, std::int64_t end) const;

  int fd_;
  std::int64_t read_ahead_;
  std::int64_t offset_, last_seq_, last_ts_, damaged_bytes_ = 0;
  std::string window_;  // as the file was from `window_at_` on; whole frames are never changed
  std::int64_t window_at_ = 0;
};

}  // namespace wye::events
