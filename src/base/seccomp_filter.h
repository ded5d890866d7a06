#pragma once

#include <linux/filter.h>

#include <vector>

namespace wye {

/// The processes that run behind the filter.
enum class FilterFor {
  browser,  ///< The agent and Chromium, whose own sandbox makes namespaces.
  commands  ///< Programs that a client runs in a VM: as above, but no namespaces, no new root directory, no
            ///< line disciplines, no limits of others.
};

/// Makes the VM's system-call filter as a classic BPF program (prctl(PR_SET_SECCOMP) and bubblewrap's
/// `--seccomp` take it). A call that was never reviewed is ENOSYS, so that a newer kernel adds no way out. A
/// call that exposes the kernel or reaches the host is EPERM. Sockets are UNIX, TCP, UDP and routing netlink.
/// Foreign architectures and x32 end the process. For x86-64 and arm64.
[[nodiscard]] std::vector<sock_filter> make_seccomp_filter(FilterFor whom);

}  // namespace wye
