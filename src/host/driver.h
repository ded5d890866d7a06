#pragma once

#include <cstdint>
#include <string>

#include "base/unique_fd.h"
#include "wye/result.h"

namespace wye::host {

/// What a VM is made from. All paths are the host's.
struct VmSpec {
  std::string session_id;
  std::string session_dir;  ///< The session's own directory (mode 0700); the driver keeps its files below it.
  std::string agent_path;   ///< The `wye-vm` binary.
  std::string agent_config;  ///< JSON for the agent (wire/agent_config.h); no secrets.
  std::uint64_t memory_bytes = 0;
  std::uint64_t max_tasks = 2048;
  bool allow_host_loopback = false;
};

/// What must be known to find a VM again after a restart of the server: kept in the store.
struct VmRecord {
  std::string session_id;
  std::string session_dir;
  std::string
      agent_socket;  ///< The unix socket on which the agent accepts; made by the host, outside the VM's tree.
  std::int64_t pid = 0;             ///< pid 1 of the VM as the host sees it.
  std::int64_t pid_start_time = 0;  ///< Field 22 of /proc/PID/stat: tells a reused pid.
  std::int64_t host_uid = 0;        ///< BASE: the uid that the VM's root has on the host.
  std::string cgroup;               ///< "" where there are none.
  std::int64_t network_helper_pid = 0, network_helper_start_time = 0;
  bool allow_host_loopback = false;
};

/// How a VM is isolated. Calls block and are thread-safe; a create runs on a worker thread.
class Driver {
 public:
  virtual ~Driver() = default;

  /// Starts the VM and returns when its pid 1 runs (the agent may still be starting Chromium). What was half
  /// made is gone again when it fails. The agent is started as `wye-vm --listen-fd L --spool-fd S --config-fd
  /// C`: L listens on `agent_socket`, S is the spool file
  /// `<session_dir>/spool` (host's file, outside the VM's tree), C holds `agent_config`; stderr is
  /// `<session_dir>/agent.log`.
  virtual Result<VmRecord> launch(const VmSpec& spec) = 0;

  /// A pidfd of the VM's pid 1, readable once it is dead; `not_found` when it is no more (or the pid is
  /// another's by now).
  virtual Result<UniqueFd> adopt(const VmRecord& record) = 0;

  /// A pidfd of the VM's network helper, readable once it is dead; `not_found` when it is no more.
  virtual Result<UniqueFd> network_helper(const VmRecord& record) = 0;
  /// Starts another in the place of one that died, and says so in the record; returns when the VM has its
  /// network again (connections that were open are lost). One that an earlier server started, and could not
  /// keep on record, is taken over.
  virtual Result<VmRecord> restart_network(const VmRecord& record) = 0;

  /// What a launch has left whose record was lost: its server died before it could keep it, or it was broken
  /// off. Waits for a launch that is still under way. The record is for `destroy` alone; with nothing left,
  /// that finds nothing to do.
  [[nodiscard]] virtual VmRecord find(const std::string& session_id, const std::string& session_dir) = 0;

  /// Whether anything of the session runs, on record or not.
  [[nodiscard]] virtual bool runs(const std::string& session_dir) = 0;

  /// Kills every process of the VM, waits until they are reaped and leaves no cgroup, mount or helper behind.
  /// Idempotent; the session's directory stays (the spool is still to be archived). Takes at most some
  /// seconds.
  virtual Result<void> destroy(const VmRecord& record) = 0;
};

}  // namespace wye::host
