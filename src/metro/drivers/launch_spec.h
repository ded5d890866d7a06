#pragma once

#include <boost/describe/class.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "metro/drivers/driver.h"
#include "wire/json_codec.h"

namespace wye::metro {

BOOST_DESCRIBE_STRUCT(VmRecord, (),
                      (session_id, session_dir, agent_socket, pid, pid_start_time, host_uid, cgroup,
                       network_helper_pid))

/// What the driver tells the launcher process, as JSON on descriptor 3.
struct LaunchSpec {
  std::string session_id;
  std::string agent_path;
  std::int64_t base_uid = 0;  ///< 0: an ordinary caller, one uid is mapped.
  std::int64_t memory_bytes = 0;
  std::int64_t max_tasks = 0;
  std::int64_t home_bytes = 0;
  bool allow_host_loopback = false;
};
BOOST_DESCRIBE_STRUCT(LaunchSpec, (),
                      (session_id, agent_path, base_uid, memory_bytes, max_tasks, home_bytes,
                       allow_host_loopback))

/// What it answers on descriptor 4: the session's file `vm.json`, locked until the launcher has ended. It
/// outlives the server that asked.
struct LaunchAnswer {
  std::string error;  ///< "" = it runs.
  std::int64_t host_uid = 0;
  std::int64_t pid = 0;
  std::int64_t pid_start_time = 0;
  std::int64_t network_helper_pid = 0;
  std::string cgroup;
};
BOOST_DESCRIBE_STRUCT(LaunchAnswer, (), (error, host_uid, pid, pid_start_time, network_helper_pid, cgroup))

// The launcher's descriptors, besides 3 and 4.
inline constexpr int kSpecFd = 3, kAnswerFd = 4, kListenFd = 5, kSpoolFd = 6, kConfigFd = 7, kLogFd = 8;

}  // namespace wye::metro
