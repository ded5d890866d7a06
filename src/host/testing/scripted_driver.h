#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "host/driver.h"

namespace wye::host::testing {

/// A driver whose VMs are single processes without isolation: each runs `scripted_agent` with the script that
/// was set at its launch. Like a real VM, one outlives its driver, and another driver adopts it. Thread-safe.
class ScriptedDriver final : public Driver {
 public:
  using Script = std::vector<std::string>;
  /// Sets the script of the VMs that are launched from now on.
  void set_script(Script script);
  /// Makes the next launches fail half-way, with the spool made and no process left.
  void fail_launches(bool fail);

  Result<Vm> launch(const VmSpec& spec) override;
  Result<Vm> adopt(const std::string& record) override;
  [[nodiscard]] bool runs(const VmPlace& place) override;
  Result<void> destroy(const VmPlace& place, const std::string& record) override;

  /// Kills the VM as an accident would.
  static void kill(const VmPlace& place);

 private:
  std::mutex mutex_;
  Script script_;
  bool fails_ = false;
};

}  // namespace wye::host::testing
