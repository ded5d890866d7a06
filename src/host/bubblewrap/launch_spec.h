#pragma once

#include <boost/describe/class.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "wire/json_codec.h"

namespace wye::host {

/// What the driver tells the launcher process, as JSON on descriptor 3.
struct LaunchSpec {
  std::string session_id;
  std::string agent_path;
  std::int64_t base_uid = 0;  ///< 0 for an ordinary caller: one uid is mapped.
  std::int64_t memory_bytes = 0;
  std::int64_t max_tasks = 0;
  std::int64_t home_bytes = 0;
  bool allow_host_loopback = false;
  std::vector<std::string> host_addresses;  ///< The VM must not reach these, by a public name either.
  /// Set: makes no VM, but changes the fence of the one with this pid 1, since the host's addresses changed.
  std::int64_t fence_of_pid = 0, fence_of_start_time = 0;
  /// Set: makes no VM, but starts a new network helper for the one with this pid 1, whose old helper died.
  std::int64_t network_of_pid = 0, network_of_start_time = 0;
  std::string cgroup;  ///< The cgroup of that VM.
};
BOOST_DESCRIBE_STRUCT(LaunchSpec, (),
                      (session_id, agent_path, base_uid, memory_bytes, max_tasks, home_bytes,
                       allow_host_loopback, host_addresses, fence_of_pid, fence_of_start_time, network_of_pid,
                       network_of_start_time, cgroup))

/// What the launcher answers on descriptor 4, which is the session's file `vm.json`. It is locked until the
/// launcher has ended, and outlives the server that asked.
struct LaunchAnswer {
  std::string error;  ///< "" when the VM runs.
  std::int64_t host_uid = 0;
  std::int64_t pid = 0;
  std::int64_t pid_start_time = 0;
  std::int64_t network_helper_pid = 0, network_helper_start_time = 0;
  std::string cgroup;
  std::int64_t network = 0;  ///< base/network_of.h
};
BOOST_DESCRIBE_STRUCT(LaunchAnswer, (),
                      (error, host_uid, pid, pid_start_time, network_helper_pid, network_helper_start_time,
                       cgroup, network))

// The launcher's descriptors, besides 3 and 4. `kAliveFd` is the session's FIFO `alive`: the VM holds its
// write end, and its network helper, the first or a later one, ends when there is no writer any more.
inline constexpr int kSpecFd = 3, kAnswerFd = 4, kListenFd = 5, kSpoolFd = 6, kConfigFd = 7, kLogFd = 8,
                     kAliveFd = 9;

}  // namespace wye::host
