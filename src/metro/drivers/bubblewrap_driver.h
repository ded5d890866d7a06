#pragma once

#include <string>
#include <vector>

#include "metro/drivers/driver.h"

namespace wye::metro {

/// A VM from namespaces: bubblewrap, slirp4netns, seccomp, cgroups (docs/adr/0002-isolation.md). As root
/// every VM has a range of uids of its own; for an ordinary user one uid is mapped and commands "as root"
/// inside are root in name only.
class BubblewrapDriver final : public Driver {
 public:
  /// `launcher`: the command that runs `launch_vm_main()`, e.g. {"/usr/bin/wye", "internal", "launch-vm"}.
  explicit BubblewrapDriver(std::vector<std::string> launcher) : launcher_(std::move(launcher)) {}

  Result<VmRecord> launch(const VmSpec& spec) override;
  Result<UniqueFd> adopt(const VmRecord& record) override;
  [[nodiscard]] VmRecord find(const std::string& session_id, const std::string& session_dir) override;
  Result<void> destroy(const VmRecord& record) override;

 private:
  Result<std::string> run_launcher(const std::string& spec, int listen_fd, int spool_fd, int config_fd,
                                   int log_fd, int answer_fd);
  const std::vector<std::string> launcher_;
};

}  // namespace wye::metro
