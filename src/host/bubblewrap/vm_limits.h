#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <array>
#include <cstdint>

namespace wye::host {

/// How many of a kind one VM may have where the kernel counts by user. It counts for the user in the VM and
/// again for the user who made the VM's user namespace.
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

/// Terminals, out of the host's kernel.pty.max.
inline constexpr int kVmTerminals = 8;
/// Descriptors of each process inside; as many as Chromium asks for itself.
inline constexpr std::uint64_t kVmOpenFiles = 8192;
inline constexpr int kVmQueuedSignals = 1024;
/// Connections and UDP ports in use; each is a socket of the network helper's.
inline constexpr std::uint64_t kVmFlows = 1024;

/// Sets the counts. Called in the VM's outer user namespace, before the VM has a process there.
void limit_kernel_counts();

/// Lowers the limits of this process and of all its children. Call it before the VM's inner user namespace is
/// made: the users of that namespace then share what is counted for them. Where there are no cgroups, `tasks`
/// is the only bound on tasks.
void limit_vm_resources(std::uint64_t tasks);

/// Does the same for the network helper.
void limit_helper_resources();

/// Keeps a crash from starting the host's handler (`kernel.core_pattern` with a pipe), which the kernel runs
/// as the host's root: the kernel honours a limit of 1 and not one of 0. The hard limit must not be 0.
void refuse_core_handlers();

}  // namespace wye::host
