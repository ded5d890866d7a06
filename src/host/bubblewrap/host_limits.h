#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/bubblewrap/doctor.h"

namespace wye::host {

/// A number of the host's that all VMs together may use up.
struct HostLimit {
  std::string name;     ///< As a person knows it.
  std::string setting;  ///< What raises it, up to the value: "sysctl kernel.pid_max=".
  std::int64_t has = 0;
  std::int64_t per_vm = 0;
  std::int64_t own = 0;  ///< For the server and the rest of the host.
};

/// Whether it lasts for so many sessions; if not, the setting that does, and how many it lasts for. Pure.
[[nodiscard]] Finding judge(const HostLimit& limit, std::int64_t sessions);

/// Every limit of this host that bounds how many VMs there can be, as the calling user meets it.
[[nodiscard]] std::vector<HostLimit> host_limits();

/// Those that do not last for so many sessions, or one finding that all do.
[[nodiscard]] std::vector<Finding> examine_host_limits(std::int64_t sessions);

/// A crash inside a VM must not start a program of the host's: vm_limits.h.
[[nodiscard]] Finding examine_core_handler();

}  // namespace wye::host
