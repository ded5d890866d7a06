#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "wye/result.h"

namespace wye::host {

/// Memory and task limits of one VM: cgroup v2 where it has its controllers, else v1. The name is `wye/<id>`
/// in each hierarchy. Returns the name, or "" where this process may not make cgroups (limits are then
/// rlimits only).
[[nodiscard]] std::string make_cgroup(const std::string& id, std::uint64_t memory_bytes,
                                      std::uint64_t max_tasks);
/// Puts a process into it.
[[nodiscard]] Result<void> enter_cgroup(const std::string& name, pid_t pid);
/// Ends what is left in it and removes it, within the time given. True when it is gone.
bool remove_cgroup(const std::string& name, int wait_ms);
/// Whether limits can be set on this machine.
[[nodiscard]] bool cgroups_usable();

}  // namespace wye::host
