#pragma once

#include <string>
#include <vector>

namespace wye::metro {

/// The nftables rules of a VM's network, loaded in the outer user namespace that owns it: names are resolved
/// and the public internet is reached; private, link-local and other special ranges, all IPv6 and the host's
/// own addresses are refused at once.
[[nodiscard]] std::string fence_rules(const std::vector<std::string>& host_addresses,
                                      bool allow_host_loopback);

/// The IPv4 addresses of this host's interfaces, loopback left out.
[[nodiscard]] std::vector<std::string> host_addresses();

}  // namespace wye::metro
