#pragma once

#include <linux/filter.h>

#include <vector>

namespace wye {

/// Who runs behind the filter.
enum class FilterFor {
  browser,  ///< The agent and Chromium, whose own sandbox makes namespaces.
  commands  ///< Programs that a client runs in a VM: as above, and no namespaces, no new root directory.
};

/// The VM's system-call filter as a classic BPF program (prctl(PR_SET_SECCOMP) and bubblewrap's `--seccomp`
/// take it). A call that was never reviewed is ENOSYS, so a newer kernel adds no way out; what opens the
/// kernel or reaches the host is EPERM; sockets are UNIX, TCP, UDP and routing netlink; foreign architectures
/// and x32 end the process. x86-64 and arm64.
[[nodiscard]] std::vector<sock_filter> make_seccomp_filter(FilterFor whom);

}  // namespace wye
