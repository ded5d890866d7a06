#pragma once

#include <cstdint>

namespace wye::events {

/// An archive that lacks its end closes with an event that says so. The seq of that event is this far above
/// the last archived one: readers may have seen events in between that are lost, and may hold cursors behind
/// them.
inline constexpr std::int64_t kLostTail = std::int64_t{1} << 40;

/// Returns how many seqs up to this one may belong to an archived event: all below the jump, and those after
/// it.
[[nodiscard]] constexpr std::int64_t seqs_up_to(std::int64_t seq) {
  return seq < kLostTail ? seq : seq - kLostTail + 1;
}

}  // namespace wye::events
