#pragma once

#include <functional>
#include <string>
#include <vector>

#include "host/bubblewrap/host_addresses.h"
#include "host/bubblewrap/launcher.h"
#include "host/bubblewrap/vm_record.h"
#include "host/driver.h"

namespace wye::host {

/// Makes a VM from namespaces: bubblewrap, slirp4netns, seccomp, cgroups (docs/adr/0002-isolation.md). As
/// root, every VM has a range of uids of its own. For an ordinary user one uid is mapped, and commands "as
/// root" inside are root in name only.
class BubblewrapDriver final : public Driver {
 public:
  /// `launcher` is the command that runs `launch_vm_main()`, e.g. {"/usr/bin/wye", "internal", "launch-vm"}.
  /// `warn` is called on any thread with what an operator should know.
  explicit BubblewrapDriver(
      std::vector<std::string> launcher,
      std::function<void(const std::string&)> warn = [](const std::string&) {});

  Result<Vm> launch(const VmSpec& spec) override;
  Result<Vm> adopt(const std::string& record) override;
  Result<UniqueFd> network(const std::string& record) override;
  Result<std::string> restart_network(const std::string& record) override;
  [[nodiscard]] bool runs(const VmPlace& place) override;
  Result<void> destroy(const VmPlace& place, const std::string& record) override;

 private:
  static Vm vm_of(const VmRecord& record, UniqueFd process);
  Result<VmRecord> launch_into(const VmSpec& spec);
  Result<UniqueFd> open_vm(const VmRecord& record);
  [[nodiscard]] VmRecord find(const VmPlace& place);
  Result<UniqueFd> network_helper(const VmRecord& record);
  Result<VmRecord> restart_helper(const VmRecord& record);
  Result<void> change_fence(const VmRecord& record, const std::vector<std::string>& addresses);
  Result<void> destroy_vm(const VmRecord& record);

  const Launcher launcher_;
  HostAddresses host_addresses_;  // last: its threads use the rest
};

}  // namespace wye::host
