#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "wye/result.h"

namespace wye::host {

/// Limits memory and tasks of one VM, by cgroup v2 where it has its controllers, else by v1. The name is
/// `wye/<id>` in each hierarchy. Returns the name, or "" where this process may not make cgroups (then there
/// are only rlimits).
[[nodiscard]] std::string make_cgroup(const std::string& id, std::uint64_t memory_bytes,
                                      std::uint64_t max_tasks);
/// Puts a process into the cgroup.
[[nodiscard]] Result<void> enter_cgroup(const std::string& name, pid_t pid);
/// Ends what is left in the cgroup and removes it within the time given. Returns true when it is gone.
bool remove_cgroup(const std::string& name, int wait_ms);
/// Returns whether limits can be set on this machine.
[[nodiscard]] bool cgroups_usable();

}  // namespace wye::host
