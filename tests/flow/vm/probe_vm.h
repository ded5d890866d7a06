#pragma once

#include <gtest/gtest.h>

#include <string>

#include "host/bubblewrap/bubblewrap_driver.h"

namespace wye::host {

/// A VM with the probe agent inside, made by the real driver and launcher. Root only: an ordinary caller's VM
/// differs.
class ProbeVm : public ::testing::Test {
 protected:
  struct Outcome {
    int code = -1;  ///< −1: no answer.
    std::string output;
  };
  void SetUp() override;
  void TearDown() override;
  void launch(bool allow_host_loopback = false);
  Outcome as_root(const std::string& command) { return run('r', command); }
  Outcome as_kernel(const std::string& command) { return run('k', command); }
  /// Runs it as the browser's user, behind the filter for commands.
  Outcome as_command(const std::string& command) { return run('c', command); }
  [[nodiscard]] std::size_t processes_of_vm() const;
  Result<void> destroy(const VmRecord& record);
  Result<UniqueFd> network(const VmRecord& record);
  Result<VmRecord> restart_network(const VmRecord& record);

  std::string directory_;
  BubblewrapDriver driver_;
  BubblewrapDriver* driver_in_use_ = &driver_;  ///< The driver that launches.
  VmRecord record_;
  std::uint64_t memory_bytes_ = 1ULL << 30;
  std::uint64_t max_tasks_ = 200;

  ProbeVm();

 private:
  Outcome run(char user, const std::string& command);
};

}  // namespace wye::host
