#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <array>
#include <cstdint>

namespace wye::host {

/// What one VM may have of what the kernel counts by user: it counts for the user in the VM and again for
/// whoever made the VM's user namespace.
struct KernelCount {
  const char* name;  ///< Below /proc/sys/user.
  std::int64_t most;
};
/// The VM itself has two user namespaces and one or two of each other kind. Chromium with a dozen pages was
/// seen with a user and a network namespace of its own, a process namespace for each renderer, and two
/// inotify instances with three watches each.
inline constexpr std::array kVmKernelCounts{
    KernelCount{"max_user_namespaces", 64},   KernelCount{"max_pid_namespaces", 1024},
    KernelCount{"max_net_namespaces", 32},    KernelCount{"max_mnt_namespaces", 16},
    KernelCount{"max_uts_namespaces", 16},    KernelCount{"max_ipc_namespaces", 16},
    KernelCount{"max_cgroup_namespaces", 16}, KernelCount{"max_time_namespaces", 16},
    KernelCount{"max_inotify_instances", 16}, KernelCount{"max_inotify_watches", 8192},
    KernelCount{"max_fanotify_groups", 0},    KernelCount{"max_fanotify_marks", 0}};

/// Terminals: of the host's kernel.pty.max.
inline constexpr int kVmTerminals = 8;
/// Descriptors of each process inside; what Chromium asks for itself.
inline constexpr std::uint64_t kVmOpenFiles = 8192;
inline constexpr int kVmQueuedSignals = 1024;
/// Connections and UDP ports in use, each of them a socket of the network helper's.
inline constexpr std::uint64_t kVmFlows = 1024;

/// Called in the VM's outer user namespace, before any process of the VM's is there.
void limit_kernel_counts();

/// Lowers the limits of this process and of all that come from it; call it before the VM's inner user
/// namespace is made, whose users then share what is counted for them. `tasks` is the only bound on tasks
/// where there are no cgroups.
void limit_vm_resources(std::uint64_t tasks);

/// As above, for the network helper.
void limit_helper_resources();

/// No crash starts the host's handler (`kernel.core_pattern` with a pipe), which the kernel runs as the
/// host's root: it honours a limit of 1 and not one of 0. Needs the hard limit to be other than 0.
void refuse_core_handlers();

}  // namespace wye::host
