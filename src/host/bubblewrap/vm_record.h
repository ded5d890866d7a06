#pragma once

#include <boost/describe/class.hpp>
#include <cstdint>
#include <string>

#include "wire/json_codec.h"

namespace wye::host {

/// What this driver needs to find a VM again after a restart of the server. It is kept on record as JSON.
struct VmRecord {
  std::string session_id;
  std::string session_dir;
  std::string
      agent_socket;  ///< The unix socket on which the agent accepts; made by the host, outside the VM's tree.
  std::int64_t pid = 0;             ///< pid 1 of the VM as the host sees it.
  std::int64_t pid_start_time = 0;  ///< Field 22 of /proc/PID/stat, which tells a reused pid apart.
  std::int64_t host_uid = 0;        ///< BASE: the uid that the VM's root has on the host.
  std::string cgroup;               ///< "" where there are no cgroups.
  std::int64_t network_helper_pid = 0, network_helper_start_time = 0;
  bool allow_host_loopback = false;
  std::int64_t network = 0;  ///< base/network_of.h; 0 of a VM that an older server made.
};
BOOST_DESCRIBE_STRUCT(VmRecord, (),
                      (session_id, session_dir, agent_socket, pid, pid_start_time, host_uid, cgroup,
                       network_helper_pid, network_helper_start_time, allow_host_loopback, network))

}  // namespace wye::host
