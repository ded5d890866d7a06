#pragma once

#include <cstdint>

namespace wye::events {

/// An archive that lacks its end closes with an event that says so. Its seq is so far above the last one that
/// was archived: readers may have seen events in between that are lost, and hold cursors behind them.
inline constexpr std::int64_t kLostTail = std::int64_t{1} << 40;

/// How many seqs up to this one may stand for an event that is archived: all below the jump, and those from
/// where it lands.
[[nodiscard]] constexpr std::int64_t seqs_up_to(std::int64_t seq) {
  return seq < kLostTail ? seq : seq - kLostTail + 1;
}

}  // namespace wye::events
