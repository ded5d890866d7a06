#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace wye {

/// What an address leads to.
enum class Reach {
  everywhere,  ///< A place on the public internet.
  internal,    ///< This host, or a network of its operator.
  never,       ///< A cloud's own services, or no single host: Wye never connects there.
};

/// One row of the table that the VMs' fence and the export rule share.
struct IpRange {
  std::string_view network;  ///< As text, IPv4 or IPv6.
  int bits;
  Reach reach;
  bool holds_ipv4;           ///< The last 32 bits are an IPv4 address, and its reach counts.
  std::string_view meaning;  ///< Also names the source of the row.
};
[[nodiscard]] std::span<const IpRange> ip_ranges();

/// Returns the reach of the longest row that holds the address; `everywhere` when no row does.
[[nodiscard]] Reach reach_of(const in_addr& address);
[[nodiscard]] Reach reach_of(const in6_addr& address);
/// Does the same for an AF_INET or AF_INET6 address; anything else is `never`.
[[nodiscard]] Reach reach_of(const sockaddr& address);

/// Returns the IPv4 address that an IPv6 one stands for (mapped, or translated by NAT64's well-known prefix).
[[nodiscard]] std::optional<in_addr> ipv4_within(const in6_addr& address);

/// Returns the present addresses of this machine's interfaces as text, sorted, without duplicates, and
/// without 127/8 and ::1.
[[nodiscard]] std::vector<std::string> own_addresses(int family);

}  // namespace wye
