#include "control/export/address_rule.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>

#include "base/ip_ranges.h"

namespace wye::control {
namespace {

template <class Address>
bool is_own(int family, const Address& address) {
  const auto own = own_addresses(family);
  return std::any_of(own.begin(), own.end(), [&](const std::string& text) {
    Address one{};
    return ::inet_pton(family, text.c_str(), &one) == 1 && std::memcmp(&one, &address, sizeof one) == 0;
  });
}

// Treats public addresses of this machine's interfaces as this machine.
bool may(const in_addr& address, bool private_allowed) {
  const auto reach = reach_of(address);
  if (reach != Reach::everywhere) return reach == Reach::internal && private_allowed;
  return private_allowed || !is_own(AF_INET, address);
}

bool may(const in6_addr& address, bool private_allowed) {
  if (const auto ipv4 = ipv4_within(address)) return may(*ipv4, private_allowed);
  const auto reach = reach_of(address);
  if (reach != Reach::everywhere) return reach == Reach::internal && private_allowed;
  return private_allowed || !is_own(AF_INET6, address);
}

}  // namespace

bool may_export_to(const sockaddr& address, bool private_allowed) {
  if (address.sa_family == AF_INET)
    return may(reinterpret_cast<const sockaddr_in&>(address).sin_addr, private_allowed);
  if (address.sa_family == AF_INET6)
    return may(reinterpret_cast<const sockaddr_in6&>(address).sin6_addr, private_allowed);
  return false;
}

bool may_export_to(const std::string& host, bool private_allowed) {
  in_addr v4{};
  in6_addr v6{};
  if (::inet_pton(AF_INET, host.c_str(), &v4) == 1) return may(v4, private_allowed);
  if (::inet_pton(AF_INET6, host.c_str(), &v6) == 1) return may(v6, private_allowed);
  return true;
}

}  // namespace wye::control
