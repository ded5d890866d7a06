#include "net/loopback_host.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include "base/encoding.h"

namespace wye::net {
namespace {

// What /etc/hosts of the usual systems calls this machine.
constexpr std::array<std::string_view, 6> kNames{"localhost",  "localhost.localdomain", "localhost4",
                                                 "localhost6", "ip6-localhost",         "ip6-loopback"};

// Where 0.0.0.0 is connected to, this machine answers.
bool is_loopback(const in_addr& address) {
  const auto value = ntohl(address.s_addr);
  return value >> 24 == 127 || value == 0;
}

bool is_loopback(const in6_addr& address) {
  if (std::memcmp(&address, &in6addr_loopback, sizeof address) == 0) return true;
  const bool zeros = std::all_of(address.s6_addr, address.s6_addr + 10, [](auto byte) { return byte == 0; });
  const auto middle = (address.s6_addr[10] << 8) + address.s6_addr[11];
  if (!zeros || (middle != 0 && middle != 0xffff)) return false;
  in_addr ipv4{};
  std::memcpy(&ipv4, address.s6_addr + 12, sizeof ipv4);
  return is_loopback(ipv4);
}

}  // namespace

bool is_loopback_host(std::string_view given) {
  auto host = ascii_lower(percent_decode(given).value_or(std::string(given)));
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.find(':') != std::string::npos) {
    in6_addr v6{};
    return ::inet_pton(AF_INET6, host.substr(0, host.find('%')).c_str(), &v6) == 1 && is_loopback(v6);
  }
  while (host.ends_with('.')) host.pop_back();
  if (host.ends_with(".localhost") || std::find(kNames.begin(), kNames.end(), host) != kNames.end())
    return true;
  in_addr v4{};
  return host.find_first_not_of("0123456789abcdefx.") == std::string::npos &&
         ::inet_aton(host.c_str(), &v4) == 1 && is_loopback(v4);
}

std::string_view host_of_url(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  url.remove_prefix(scheme + 3);
  auto authority = url.substr(0, url.find_first_of("/?#"));
  if (const auto user = authority.rfind('@'); user != std::string_view::npos)
    authority.remove_prefix(user + 1);
  if (authority.starts_with('['))
    return authority.substr(1, std::min(authority.find(']'), authority.size()) - 1);
  return authority.substr(0, authority.find(':'));
}

}  // namespace wye::net
