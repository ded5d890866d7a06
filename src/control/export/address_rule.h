#pragma once

#include <sys/socket.h>

#include <string>

namespace wye::control {

/// Whether the server may connect to an address on behalf of whoever made a destination (base/ip_ranges.h).
/// Clouds' own services, link-local, multicast and reserved addresses: never. Loopback, private addresses and
/// those that this machine's interfaces have now: only where the operator says so. IPv4 within IPv6 is judged
/// as IPv4.
[[nodiscard]] bool may_export_to(const sockaddr& address, bool private_allowed);
/// The same for an address as text; true for what is a name, which is judged when it is connected to.
[[nodiscard]] bool may_export_to(const std::string& host, bool private_allowed);

}  // namespace wye::control
