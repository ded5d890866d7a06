#include "host/bubblewrap/vm_limits.h"

#include <unistd.h>

#include <algorithm>
#include <string>

#include "host/bubblewrap/launch_steps.h"

namespace wye::host {
namespace {

struct Limit {
  __rlimit_resource_t which;
  rlim_t most;
};

// Never raises a limit: a host that allows less has its reasons.
void lower(const Limit& limit) {
  rlimit now{};
  if (::getrlimit(limit.which, &now) != 0) fail("getrlimit");
  const auto most = std::min<rlim_t>(now.rlim_max, limit.most);
  const rlimit then{most, most};
  if (::setrlimit(limit.which, &then) != 0) fail("setrlimit");
}

}  // namespace

void limit_kernel_counts() {
  for (const auto& count : kVmKernelCounts) {
    const auto path = std::string("/proc/sys/user/") + count.name;
    if (::access(path.c_str(), F_OK) == 0) write_proc(path, std::to_string(count.most));
  }
}

void limit_vm_resources(std::uint64_t tasks) {
  for (const auto& limit : {Limit{RLIMIT_NPROC, tasks}, Limit{RLIMIT_NOFILE, kVmOpenFiles},
                            Limit{RLIMIT_SIGPENDING, kVmQueuedSignals}, Limit{RLIMIT_MSGQUEUE, 256 << 10},
                            Limit{RLIMIT_MEMLOCK, 8 << 20}, Limit{RLIMIT_RTPRIO, 0}, Limit{RLIMIT_NICE, 0}})
    lower(limit);
}

void limit_helper_resources() {
  constexpr rlim_t kItsOwnFiles = 32;
  for (const auto& limit : {Limit{RLIMIT_NOFILE, kVmFlows + kItsOwnFiles}, Limit{RLIMIT_SIGPENDING, 64},
                            Limit{RLIMIT_MSGQUEUE, 0}, Limit{RLIMIT_MEMLOCK, 0}, Limit{RLIMIT_FSIZE, 0}})
    lower(limit);
}

void refuse_core_handlers() {
  const rlimit one{1, 1};
  // Fails where the hard limit is 0 already; the doctor warns of that.
  [[maybe_unused]] const int refused = ::setrlimit(RLIMIT_CORE, &one);
}

}  // namespace wye::host
