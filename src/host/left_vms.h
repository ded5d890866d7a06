#pragma once

#include <functional>
#include <string>
#include <vector>

#include "host/driver.h"

namespace wye::host {

/// Returns where the sessions of a data directory have their files, whether or not their VMs run.
[[nodiscard]] std::vector<VmPlace> places_in(const std::string& data_dir);

/// Ends the VMs of a data directory that no server serves, and returns how many there were. `ending` is told
/// of each before. Their telemetry stays, and the next start archives it.
Result<std::size_t> end_left_vms(
    const std::string& data_dir, Driver& driver,
    const std::function<void(const VmPlace&)>& ending = [](const VmPlace&) {});

}  // namespace wye::host
