#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace wye::host {

enum class Health { ok, warning, failure };

/// One thing that a VM needs of this machine.
struct Finding {
  std::string name;
  Health health = Health::ok;
  std::string found;
  std::string next_step;  ///< "" when nothing is to be done.
};

/// Looks at the machine as the calling user sees it: tools, fonts, namespaces, cgroups, and whether the
/// host's limits allow `max_sessions` browsers at once. Takes less than a second.
[[nodiscard]] std::vector<Finding> examine_machine(const std::string& data_dir, const std::string& agent_path,
                                                   std::int64_t max_sessions);

}  // namespace wye::host
