#pragma once

#include <sys/types.h>

#include <string>

#include "base/unique_fd.h"

namespace wye::host {

/// Where a VM's network lives: its network namespace and the outer user namespace that owns it.
struct NetworkPlace {
  UniqueFd user, net;
};
/// Opens them by a process that is in both; throws when they cannot be opened.
[[nodiscard]] NetworkPlace network_place_of(pid_t pid);
/// Opens them by a process that is in the network namespace alone, as the VM's pid 1 is; throws likewise.
[[nodiscard]] NetworkPlace network_place_inside(pid_t pid);

/// Starts slirp4netns, attached to that network, as a child of the caller's. It runs as the root of the user
/// namespace that owns the network, with descriptors for `kVmFlows` connections. It ends when the last write
/// end of `alive` (a FIFO whose writers are the VM's processes) is closed. `ready` is told once the network
/// is up. Throws.
[[nodiscard]] pid_t start_network_helper(const NetworkPlace& place, bool allow_host_loopback, int alive_read,
                                         int ready_write);
/// Waits until the network is up; throws what has gone wrong instead. Afterwards the helper has all its
/// processes, and can be put into the VM's cgroup even when that is full.
void await_network(int ready_read);

}  // namespace wye::host
