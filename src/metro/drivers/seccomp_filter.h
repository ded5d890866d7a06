#pragma once

#include "base/unique_fd.h"
#include "wye/result.h"

namespace wye::metro {

/// A memfd with the BPF program of the VM's system-call filter, as bubblewrap's `--seccomp` takes it. It
/// forbids what opens the kernel (mounts, keys, bpf, perf, io_uring, modules, clocks, foreign architectures,
/// …) and keeps what Chromium's own sandbox needs (clone, unshare, chroot, ptrace, seccomp).
[[nodiscard]] Result<UniqueFd> make_seccomp_filter();

}  // namespace wye::metro
