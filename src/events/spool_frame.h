#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "events/record.h"

// A frame of the spool, little-endian: magic u32, payload length u32, CRC-32 of the payload u32, then the
// payload: seq i64, ts i64, category length u8, type length u8, category, type, envelope text.
namespace wye::events {

inline constexpr std::string_view kFrameMagic = "WYE1";
inline constexpr std::size_t kFrameHead = 12;
inline constexpr std::size_t kPayloadHead = 18;
inline constexpr std::size_t kMaxPayload = (1u << 20) + 1024;
/// More than a session makes in a year at one event a microsecond; sums of thousands still fit into 64 bits.
inline constexpr std::int64_t kMaxSeq = 1LL << 48;
/// Fits into 64 bits even in nanoseconds.
inline constexpr std::int64_t kMaxTs = INT64_MAX / 1000;

/// Makes the frame of one record.
[[nodiscard]] std::string frame_of(const Record& record);

/// The head of a frame. Its names and its text begin at `text_at`.
struct FrameHead {
  static constexpr std::size_t kBytes = kFrameHead + kPayloadHead;
  std::size_t length = 0;  ///< Of the whole frame.
  std::uint32_t sum = 0;
  std::int64_t seq = 0, ts = 0;
  std::size_t category = 0, type = 0;  ///< Lengths.
};

enum class HeadState {
  whole,
  incomplete,  ///< Valid so far; more bytes are needed.
  bad,         ///< No further bytes can make it valid.
};
/// Reads the head as far as its bytes are there. `last_seq` and `last_ts` are those of the previous record.
[[nodiscard]] HeadState read_head(std::string_view bytes, std::int64_t last_seq, std::int64_t last_ts,
                                  FrameHead& out);

[[nodiscard]] std::uint32_t payload_sum(std::string_view payload);
/// Splits a payload whose head was whole. Checks nothing else.
[[nodiscard]] Record record_of(const FrameHead& head, std::string_view payload);

}  // namespace wye::events
