#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "base/unique_fd.h"

namespace wye {

/// Returns field 22 of /proc/PID/stat; 0 when there is no such process.
[[nodiscard]] std::int64_t process_start_time(pid_t pid);
/// Returns the real uid of a process on the host; −1 when there is none.
[[nodiscard]] std::int64_t process_uid(pid_t pid);
/// Returns its `comm`; "" when there is none.
[[nodiscard]] std::string process_name(pid_t pid);
[[nodiscard]] UniqueFd open_pidfd(pid_t pid);
/// Waits until the process behind the pidfd is dead; false after `wait_ms`.
bool wait_dead(int pidfd, int wait_ms);

}  // namespace wye
