#pragma once

#include <cstdint>
#include <string>

#include "base/unique_fd.h"
#include "net/endpoint.h"
#include "wire/agent_config.h"
#include "wye/result.h"

namespace wye::host {

/// Whose VM it is, and where its files are on this machine: in the session's own directory (mode 0700), where
/// the driver may keep files, too.
struct VmPlace {
  std::string session_id;
  std::string directory;
};

/// What a VM is made from. All paths are the host's.
struct VmSpec {
  VmPlace place;
  std::string agent_path;   ///< The `wye-vm` binary.
  wire::AgentConfig agent;  ///< What the agent is told at its start; the driver adds what follows from it.
  std::uint64_t memory_bytes = 0;
  std::uint64_t max_tasks = 2048;
  bool allow_host_loopback = false;
};

/// A VM that runs.
struct Vm {
  /// How the driver finds the VM again after a restart of the server. Only its driver reads it.
  std::string record;
  net::Endpoint agent;  ///< Where its agent accepts.
  UniqueFd ended;       ///< Readable once the VM has ended.
};

/// How a VM is isolated. Calls block and are thread-safe; a create runs on a worker thread.
class Driver {
 public:
  virtual ~Driver() = default;

  /// Starts the VM and returns when its first process runs (the agent may still be starting Chromium). What
  /// was half made is gone again when it fails. The agent is started as `wye-vm --listen-fd L --spool-fd S
  /// --config-fd C`: on L it accepts, S is the file `<directory>/spool` (the host's, out of the VM's sight
  /// but for this descriptor), C holds its configuration; its standard error is `<directory>/agent.log`.
  virtual Result<Vm> launch(const VmSpec& spec) = 0;

  /// Returns the VM that an earlier server launched; `not_found` when it has ended.
  virtual Result<Vm> adopt(const std::string& record) = 0;

  /// Returns a descriptor that becomes readable when the process that carries the VM's packets ends before
  /// the VM; `not_found` when it has ended already. Empty where that cannot happen.
  virtual Result<UniqueFd> network(const std::string& /*record*/) { return UniqueFd(); }
  /// Gives the VM its network again (open connections are lost). Returns the record from now on.
  virtual Result<std::string> restart_network(const std::string& record) { return record; }

  /// Returns whether anything of the session runs, on record or not.
  [[nodiscard]] virtual bool runs(const VmPlace& place) = 0;

  /// Kills every process of the VM, waits until they are reaped and leaves nothing behind but the directory
  /// (the spool is still to be archived). It also works with a record that is lost or unreadable (""): the
  /// driver then looks for what a launch has left, and waits for a launch that is still under way.
  /// Idempotent; takes at most some seconds.
  virtual Result<void> destroy(const VmPlace& place, const std::string& record) = 0;
};

}  // namespace wye::host
