#pragma once

#include <sys/types.h>

#include <cstdint>

// What a process uses, as the kernel counts it. 0 for one that is not there.
namespace wye::bench {

/// User and system time so far.
[[nodiscard]] double cpu_seconds(pid_t pid);
/// Memory that is its own or its share of what it shares.
[[nodiscard]] std::int64_t pss_bytes(pid_t pid);
[[nodiscard]] std::int64_t open_files(pid_t pid);

}  // namespace wye::bench
