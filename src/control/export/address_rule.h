#pragma once

#include <sys/socket.h>

#include <string>

namespace wye::control {

/// Returns whether the server may connect to an address for the author of a destination (base/ip_ranges.h).
/// It never may to clouds' own services, link-local, multicast and reserved addresses. It may to loopback,
/// private addresses and those of this machine's interfaces only when the operator allows them. IPv4 within
/// IPv6 is judged as IPv4.
[[nodiscard]] bool may_export_to(const sockaddr& address, bool private_allowed);
/// Does the same for an address as text; true for a name, which is judged when the connection is made.
[[nodiscard]] bool may_export_to(const std::string& host, bool private_allowed);

}  // namespace wye::control
