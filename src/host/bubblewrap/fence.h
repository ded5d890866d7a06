#pragma once

#include <string>
#include <vector>

namespace wye::host {

/// The nftables rules of a VM's network, loaded in the outer user namespace that owns it: names are resolved
/// and the public internet is reached; what base/ip_ranges.h says is not public, all IPv6 and the host's own
/// addresses are refused at once.
[[nodiscard]] std::string fence_rules(const std::vector<std::string>& host_addresses,
                                      bool allow_host_loopback);

/// Puts these in the place of the host's own addresses, in one step.
[[nodiscard]] std::string fence_update(const std::vector<std::string>& host_addresses);

}  // namespace wye::host
