#pragma once

#include <functional>
#include <string>

namespace wye::torture {

/// Runs `inside` in its own namespaces: processes, mounts, network (loopback only), IPC. Nothing that it
/// starts outlives it, even when it or this process is killed (except for empty cgroups, which the next jail
/// removes); uid locks, mounts and ports are its own. `work_dir` is an empty directory on a tmpfs. Needs
/// root. Returns `inside`'s result, or −1 when it was killed.
int run_jailed(const std::function<int(const std::string& work_dir)>& inside);

/// Mounts a tmpfs of `bytes` bytes over an existing directory, inside the jail.
void mount_tmpfs(const std::string& path, std::int64_t bytes);

}  // namespace wye::torture
