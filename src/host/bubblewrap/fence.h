#pragma once

#include <string>
#include <vector>

namespace wye::host {

/// Returns the nftables rules of a VM's network. They are loaded in the outer user namespace that owns it.
/// Names are resolved and the public internet is reached; all that base/ip_ranges.h does not call public, all
/// IPv6 and the host's own addresses are refused at once.
[[nodiscard]] std::string fence_rules(const std::vector<std::string>& host_addresses,
                                      bool allow_host_loopback);

/// Returns the commands that replace the host's own addresses in one step.
[[nodiscard]] std::string fence_update(const std::vector<std::string>& host_addresses);

}  // namespace wye::host
