#include "metro/drivers/fence.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>

#include <string_view>

namespace wye::metro {
namespace {

// RFC 6890 and its updates: what is not the public internet.
constexpr std::string_view kSpecialRanges =
    "0.0.0.0/8, 10.0.0.0/8, 100.64.0.0/10, 127.0.0.0/8, 169.254.0.0/16, 172.16.0.0/12, 192.0.0.0/24, "
    "192.0.2.0/24, "
    "192.88.99.0/24, 192.168.0.0/16, 198.18.0.0/15, 198.51.100.0/24, 203.0.113.0/24, 224.0.0.0/4, "
    "240.0.0.0/4";

bool is_public(const std::string& address) {
  in_addr parsed{};
  if (::inet_pton(AF_INET, address.c_str(), &parsed) != 1) return false;
  const auto value = ntohl(parsed.s_addr);
  const auto within = [&](std::uint32_t network, int bits) {
    return (value >> (32 - bits)) == (network >> (32 - bits));
  };
  return !within(0x0a000000, 8) && !within(0xac100000, 12) && !within(0xc0a80000, 16) &&
         !within(0xa9fe0000, 16) && !within(0x7f000000, 8) && !within(0x64400000, 10);
}

}  // namespace

std::string fence_rules(const std::vector<std::string>& addresses, bool allow_host_loopback) {
  std::string own;
  for (const auto& address : addresses)
    if (is_public(address))
      own += (own.empty() ? "" : ", ") + address;  // the private ones are in the ranges already
  std::string rules =
      "table inet wye {\n"
      "  chain output {\n"
      "    type filter hook output priority 0; policy drop;\n"
      "    oif lo accept\n"
      "    ip daddr 10.0.2.3 udp dport 53 accept\n"
      "    ip daddr 10.0.2.3 tcp dport 53 accept\n";
  if (allow_host_loopback) rules += "    ip daddr 10.0.2.2 meta l4proto tcp accept\n";
  rules += "    ip daddr { " + std::string(kSpecialRanges) + " } reject with icmpx type admin-prohibited\n";
  if (!own.empty()) rules += "    ip daddr { " + own + " } reject with icmpx type admin-prohibited\n";
  rules +=
      "    meta nfproto ipv6 reject with icmpx type admin-prohibited\n"
      "    meta nfproto ipv4 accept\n"
      "  }\n"
      "}\n";
  return rules;
}

std::vector<std::string> host_addresses() {
  std::vector<std::string> out;
  ifaddrs* all = nullptr;
  if (::getifaddrs(&all) != 0) return out;
  for (const auto* at = all; at != nullptr; at = at->ifa_next) {
    if (at->ifa_addr == nullptr || at->ifa_addr->sa_family != AF_INET) continue;
    char text[INET_ADDRSTRLEN] = {};
    ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(at->ifa_addr)->sin_addr, text, sizeof text);
    if (!std::string_view(text).starts_with("127.")) out.emplace_back(text);
  }
  ::freeifaddrs(all);
  return out;
}

}  // namespace wye::metro
