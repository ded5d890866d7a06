#pragma once

#include <cstdint>
#include <string>

#include "events/spool.h"

namespace wye::host {

// An agent holds descriptors of two of the host's files: its session's spool and its log. It may write,
// extend and reserve as much there as it likes. Through a mapping it does so without an inotify event, so the
// server also looks at the sizes.

/// The most blocks that a spool may take. An honest agent stops at `events::kMaxSpoolBytes`; one that takes
/// more is not honest.
inline constexpr std::int64_t kMostSpoolBlocks = events::kMaxSpoolBytes + (32LL << 20);
/// The most blocks that an agent's log may take before it is emptied.
inline constexpr std::int64_t kMostLogBlocks = 16LL << 20;

/// Returns the bytes of disk that a file takes; 0 when it cannot be looked at.
[[nodiscard]] std::int64_t blocks_of(const std::string& path);
/// Empties the log when it is beyond its bound. Returns whether it did.
bool cut_log(const std::string& path, std::int64_t most = kMostLogBlocks);

}  // namespace wye::host
