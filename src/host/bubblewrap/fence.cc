#include "host/bubblewrap/fence.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>

#include "base/ip_ranges.h"

namespace wye::host {
namespace {

// What may go to the resolver by UDP: one question in a standard query, no larger than DNS was first defined
// for (512 bytes and the UDP header), at the rate of a page that asks for hundreds of hosts.
constexpr const char* kOneQuestion =
    "udp length <= 520 @th,80,16 & 0xf800 == 0 @th,96,16 1 @th,112,32 0 @th,144,16 <= 1 "
    "limit rate 200/second burst 1000 packets";

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

// Returns the rows of the table that are not public, without those that lie in another row: nft refuses sets
// whose elements overlap.
std::vector<std::string> refused_networks() {
  struct Network {
    std::uint32_t address;
    const IpRange* range;
  };
  std::vector<Network> all;
  for (const auto& range : ip_ranges()) {
    in_addr address{};
    if (range.reach != Reach::everywhere &&
        ::inet_pton(AF_INET, std::string(range.network).c_str(), &address) == 1)
      all.push_back({ntohl(address.s_addr), &range});
  }
  const auto is_within = [](const Network& inner, const Network& outer) {
    return outer.range->bits < inner.range->bits &&
           (inner.address ^ outer.address) >> (32 - outer.range->bits) == 0;
  };
  std::vector<std::string> out;
  for (const auto& one : all)
    if (std::none_of(all.begin(), all.end(), [&](const Network& other) { return is_within(one, other); }))
      out.push_back(std::string(one.range->network) + "/" + std::to_string(one.range->bits));
  return out;
}

}  // namespace

std::string fence_rules(const std::vector<std::string>& host_addresses, bool allow_host_loopback) {
  const std::string resolver = "    ip daddr 10.0.2.3 ";
  std::string rules =
      "table inet wye {\n"
      "  set host { type ipv4_addr; }\n"
      "  chain output {\n"
      "    type filter hook output priority 0; policy drop;\n"
      "    oif lo accept\n" +
      resolver + "udp dport 53 " + kOneQuestion + " accept\n" +  //
      resolver + "tcp dport 53 accept\n";                        // for answers that UDP has no room for
  if (allow_host_loopback) rules += "    ip daddr 10.0.2.2 meta l4proto tcp accept\n";
  rules += "    ip daddr { " + joined(refused_networks()) +
           " } reject with icmpx type admin-prohibited\n"
           "    ip daddr @host reject with icmpx type admin-prohibited\n"
           "    meta nfproto ipv6 reject with icmpx type admin-prohibited\n"
           "    meta nfproto ipv4 accept\n"
           "  }\n"
           "}\n";
  return rules + fence_update(host_addresses);
}

std::string fence_update(const std::vector<std::string>& host_addresses) {
  std::string out = "flush set inet wye host\n";
  if (!host_addresses.empty()) out += "add element inet wye host { " + joined(host_addresses) + " }\n";
  return out;
}

}  // namespace wye::host
