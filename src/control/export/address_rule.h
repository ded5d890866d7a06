#pragma once

#include <sys/socket.h>

#include <string>

namespace wye::control {

/// Whether the server may connect to an address for the author of a destination (base/ip_ranges.h). Clouds'
/// own services, link-local, multicast and reserved addresses: never. Loopback, private addresses and those
/// that this machine's interfaces have now: only when the operator allows them. IPv4 within IPv6 is judged as
/// IPv4.
[[nodiscard]] bool may_export_to(const sockaddr& address, bool private_allowed);
/// Does the same for an address as text; true for a name, which is judged when the connection is made.
[[nodiscard]] bool may_export_to(const std::string& host, bool private_allowed);

}  // namespace wye::control
