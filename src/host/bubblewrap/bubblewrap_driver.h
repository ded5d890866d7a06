#pragma once

#include <functional>
#include <string>
#include <vector>

#include "host/bubblewrap/host_addresses.h"
#include "host/bubblewrap/launch_spec.h"
#include "host/driver.h"

namespace wye::host {

/// A VM from namespaces: bubblewrap, slirp4netns, seccomp, cgroups (docs/adr/0002-isolation.md). As root
/// every VM has a range of uids of its own; for an ordinary user one uid is mapped and commands "as root"
/// inside are root in name only.
class BubblewrapDriver final : public Driver {
 public:
  /// `launcher`: the command that runs `launch_vm_main()`, e.g. {"/usr/bin/wye", "internal", "launch-vm"}.
  /// `warn` is called, on any thread, with what an operator should know.
  explicit BubblewrapDriver(
      std::vector<std::string> launcher,
      std::function<void(const std::string&)> warn = [](const std::string&) {});

  Result<VmRecord> launch(const VmSpec& spec) override;
  Result<UniqueFd> adopt(const VmRecord& record) override;
  Result<UniqueFd> network_helper(const VmRecord& record) override;
  Result<VmRecord> restart_network(const VmRecord& record) override;
  [[nodiscard]] VmRecord find(const std::string& session_id, const std::string& session_dir) override;
  [[nodiscard]] bool runs(const std::string& session_dir) override;
  Result<void> destroy(const VmRecord& record) override;

 private:
  /// What the launcher gets beside its spec, in the order of its descriptors (launch_spec.h); −1 = not this
  /// one.
  struct LauncherFiles {
    int answer = -1, listen = -1, spool = -1, config = -1, log = -1, alive = -1;
  };
  Result<LaunchAnswer> run_launcher(const LaunchSpec& spec, const LauncherFiles& files);
  Result<VmRecord> launch_into(const VmSpec& spec);
  Result<UniqueFd> open_vm(const VmRecord& record);
  Result<void> change_fence(const VmRecord& record, const std::vector<std::string>& addresses);
  const std::vector<std::string> launcher_;
  HostAddresses host_addresses_;  // last: its threads use the rest
};

}  // namespace wye::host
