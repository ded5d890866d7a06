#pragma once

#include <cstdint>
#include <string>

#include "events/spool.h"

namespace wye::host {

// An agent holds descriptors of two files of the host's: its session's spool and its log. It may write,
// extend and reserve there what it likes, also without a word to inotify (through a mapping); so the server
// looks.

/// Blocks of a spool. An honest agent stops at `events::kMaxSpoolBytes`; beyond this, it is none.
inline constexpr std::int64_t kMostSpoolBlocks = events::kMaxSpoolBytes + (32LL << 20);
/// Blocks of an agent's log, which then begins again.
inline constexpr std::int64_t kMostLogBlocks = 16LL << 20;

/// Bytes of disk that a file takes; 0 when it cannot be looked at.
[[nodiscard]] std::int64_t blocks_of(const std::string& path);
/// Empties the log when it is beyond its bound; whether it was.
bool cut_log(const std::string& path, std::int64_t most = kMostLogBlocks);

}  // namespace wye::host
