#include "base/ip_ranges.h"

#include <arpa/inet.h>
#include <ifaddrs.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

namespace wye {
namespace {

using enum Reach;

// "IANA" stands for the registries of special-purpose addresses (RFC 6890 and its updates), by the RFC of the
// row.
constexpr std::array kRanges{
    IpRange{"0.0.0.0", 8, never, false, "this network (IANA: RFC 791); Linux takes 0.0.0.0 for this host"},
    IpRange{"10.0.0.0", 8, internal, false, "private (IANA: RFC 1918)"},
    IpRange{"100.64.0.0", 10, internal, false, "shared by a provider's customers (IANA: RFC 6598)"},
    IpRange{"100.100.100.200", 32, never, false, "metadata (Alibaba Cloud: ECS instance metadata)"},
    IpRange{"127.0.0.0", 8, internal, false, "loopback (IANA: RFC 1122)"},
    IpRange{"168.63.129.16", 32, never, false, "a virtual machine's host (Azure: What is 168.63.129.16)"},
    IpRange{"169.254.0.0", 16, never, false, "link-local (IANA: RFC 3927); metadata of most clouds"},
    IpRange{"172.16.0.0", 12, internal, false, "private (IANA: RFC 1918)"},
    IpRange{"192.0.0.0", 24, never, false,
            "protocol assignments (IANA: RFC 6890); metadata (Oracle Cloud Classic: 192.0.0.192)"},
    IpRange{"192.0.2.0", 24, never, false, "documentation (IANA: RFC 5737)"},
    IpRange{"192.31.196.0", 24, never, false, "AS112 anycast, whoever is next (IANA: RFC 7535)"},
    IpRange{"192.52.193.0", 24, never, false, "AMT relay anycast, whoever is next (IANA: RFC 7450)"},
    IpRange{"192.88.99.0", 24, never, false, "6to4 relay anycast (IANA: RFC 7526)"},
    IpRange{"192.168.0.0", 16, internal, false, "private (IANA: RFC 1918)"},
    IpRange{"192.175.48.0", 24, never, false, "AS112 anycast, whoever is next (IANA: RFC 7534)"},
    IpRange{"198.18.0.0", 15, internal, false, "benchmarks of own networks (IANA: RFC 2544)"},
    IpRange{"198.51.100.0", 24, never, false, "documentation (IANA: RFC 5737)"},
    IpRange{"203.0.113.0", 24, never, false, "documentation (IANA: RFC 5737)"},
    IpRange{"224.0.0.0", 4, never, false, "multicast (IANA: RFC 5771)"},
    IpRange{"240.0.0.0", 4, never, false, "reserved (IANA: RFC 1112); 255.255.255.255 is all hosts"},

    // Outside of 2000::/3 no address is global unicast (IANA: IPv6 address space, RFC 4291).
    IpRange{"::", 3, never, false, "not global unicast; unspecified, IPv4-compatible, 100::/64 discards"},
    IpRange{"::1", 128, internal, false, "loopback (IANA: RFC 4291)"},
    IpRange{"::ffff:0:0", 96, never, true, "IPv4-mapped (IANA: RFC 4291)"},
    IpRange{"64:ff9b::", 96, never, true, "NAT64's well-known prefix (IANA: RFC 6052)"},
    IpRange{"64:ff9b:1::", 48, never, false, "NAT64 of own networks, in any layout (IANA: RFC 8215)"},
    IpRange{"4000::", 2, never, false, "not global unicast; 5f00::/16 segment routing (IANA: RFC 9602)"},
    IpRange{"8000::", 1, never, false, "not global unicast; fe80::/10, fec0::/10, ff00::/8"},
    IpRange{"fc00::", 7, internal, false, "unique local (IANA: RFC 4193)"},
    IpRange{"fd00:ec2::254", 128, never, false, "metadata (AWS: instance metadata, IPv6)"},
    IpRange{"fd20:ce::254", 128, never, false, "metadata (Google Cloud: metadata server, IPv6)"},
    IpRange{"2001::", 23, never, false, "protocol assignments; Teredo, ORCHID (IANA: RFC 2928)"},
    IpRange{"2001:db8::", 32, never, false, "documentation (IANA: RFC 3849)"},
    IpRange{"2002::", 16, never, false, "6to4, holds IPv4 of any kind (IANA: RFC 3056)"},
    IpRange{"2620:4f:8000::", 48, never, false, "AS112 anycast, whoever is next (IANA: RFC 7534)"},
    IpRange{"3fff::", 20, never, false, "documentation (IANA: RFC 9637)"}};

struct Network {
  std::array<std::uint8_t, 16> bytes{};  // IPv4 uses the first four
  int family = AF_UNSPEC;
};

Network parsed(std::string_view text) {
  Network out;
  const std::string address(text);
  out.family = address.find(':') == std::string::npos ? AF_INET : AF_INET6;
  ::inet_pton(out.family, address.c_str(), out.bytes.data());
  return out;
}

const std::array<Network, kRanges.size()>& networks() {
  static const auto kNetworks = [] {
    std::array<Network, kRanges.size()> out;
    std::transform(kRanges.begin(), kRanges.end(), out.begin(),
                   [](const IpRange& range) { return parsed(range.network); });
    return out;
  }();
  return kNetworks;
}

bool begins_with(const std::uint8_t* address, const std::uint8_t* network, int bits) {
  const auto whole = static_cast<std::size_t>(bits / 8);
  if (std::memcmp(address, network, whole) != 0) return false;
  const int rest = bits % 8;
  return rest == 0 || ((address[whole] ^ network[whole]) >> (8 - rest)) == 0;
}

const IpRange* longest(int family, const std::uint8_t* address) {
  const IpRange* found = nullptr;
  for (std::size_t i = 0; i < kRanges.size(); ++i) {
    const auto& network = networks()[i];
    if (network.family == family && (found == nullptr || kRanges[i].bits > found->bits) &&
        begins_with(address, network.bytes.data(), kRanges[i].bits))
      found = &kRanges[i];
  }
  return found;
}

}  // namespace

std::span<const IpRange> ip_ranges() { return kRanges; }

Reach reach_of(const in_addr& address) {
  std::array<std::uint8_t, 4> bytes;
  std::memcpy(bytes.data(), &address, bytes.size());
  const auto* range = longest(AF_INET, bytes.data());
  return range == nullptr ? everywhere : range->reach;
}

Reach reach_of(const in6_addr& address) {
  if (const auto ipv4 = ipv4_within(address)) return reach_of(*ipv4);
  const auto* range = longest(AF_INET6, address.s6_addr);
  return range == nullptr ? everywhere : range->reach;
}

Reach reach_of(const sockaddr& address) {
  if (address.sa_family == AF_INET) return reach_of(reinterpret_cast<const sockaddr_in&>(address).sin_addr);
  if (address.sa_family == AF_INET6)
    return reach_of(reinterpret_cast<const sockaddr_in6&>(address).sin6_addr);
  return never;
}

std::optional<in_addr> ipv4_within(const in6_addr& address) {
  const auto* range = longest(AF_INET6, address.s6_addr);
  if (range == nullptr || !range->holds_ipv4) return std::nullopt;
  in_addr out{};
  std::memcpy(&out, address.s6_addr + 12, sizeof out);
  return out;
}

std::vector<std::string> own_addresses(int family) {
  std::vector<std::string> out;
  ifaddrs* all = nullptr;
  if (::getifaddrs(&all) != 0) return out;
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(all, ::freeifaddrs);
  for (const auto* at = all; at != nullptr; at = at->ifa_next) {
    if (at->ifa_addr == nullptr || at->ifa_addr->sa_family != family) continue;
    const void* const raw =
        family == AF_INET
            ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in*>(at->ifa_addr)->sin_addr)
            : &reinterpret_cast<const sockaddr_in6*>(at->ifa_addr)->sin6_addr;
    std::array<char, INET6_ADDRSTRLEN> text{};
    ::inet_ntop(family, raw, text.data(), text.size());
    const std::string_view address(text.data());
    if (!address.starts_with("127.") && address != "::1") out.emplace_back(address);
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

}  // namespace wye
