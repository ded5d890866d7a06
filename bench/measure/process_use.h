#pragma once

#include <sys/types.h>

#include <cstdint>

// A process's use of the machine, as the kernel counts it. 0 when there is no such process.
namespace wye::bench {

/// User and system time so far, in seconds.
[[nodiscard]] double cpu_seconds(pid_t pid);
/// The same for the threads that it has now, to the nanosecond instead of the hundredth of a second: for
/// short spans.
[[nodiscard]] double thread_cpu_seconds(pid_t pid);
/// The process's own memory and its share of shared memory.
[[nodiscard]] std::int64_t pss_bytes(pid_t pid);
[[nodiscard]] std::int64_t open_files(pid_t pid);

}  // namespace wye::bench
