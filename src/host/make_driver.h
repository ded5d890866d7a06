#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "host/driver.h"

namespace wye::host {

struct DriverOptions {
  std::vector<std::string> launcher;  ///< The command of the VM launcher, such as `wye internal launch-vm`.
  /// Called on any thread with what an operator should know.
  std::function<void(const std::string&)> warn = [](const std::string&) {};
};

/// Makes the driver of this machine's VMs. Where there are several drivers, this function chooses.
[[nodiscard]] std::unique_ptr<Driver> make_driver(DriverOptions options);

}  // namespace wye::host
