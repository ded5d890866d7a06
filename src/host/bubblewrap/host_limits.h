#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/bubblewrap/doctor.h"

namespace wye::host {

/// A limit of the host that all VMs together may use up.
struct HostLimit {
  std::string name;  ///< Its name for a person.
  /// The beginning of the command that raises it; the value follows: "sysctl kernel.pid_max=".
  std::string setting;
  std::int64_t has = 0;
  std::int64_t per_vm = 0;
  std::int64_t own = 0;  ///< For the server and the rest of the host.
};

/// Judges whether the limit lasts for this number of sessions. If not, it names the setting that does, and
/// how many sessions the limit lasts for. Pure.
[[nodiscard]] Finding judge(const HostLimit& limit, std::int64_t sessions);

/// Returns every limit of this host that bounds how many VMs there can be, as the calling user meets it.
[[nodiscard]] std::vector<HostLimit> host_limits();

/// Returns the limits that do not last for this number of sessions, or one finding that all do.
[[nodiscard]] std::vector<Finding> examine_host_limits(std::int64_t sessions);

/// Checks that a crash inside a VM starts no program of the host's (vm_limits.h).
[[nodiscard]] Finding examine_core_handler();

}  // namespace wye::host
