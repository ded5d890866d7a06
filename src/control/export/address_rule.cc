#include "control/export/address_rule.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <array>
#include <cstdint>
#include <cstring>

namespace wye::control {
namespace {

struct Range {
  std::uint32_t network;
  int bits;
};
constexpr std::array kNever{Range{0x00000000, 8}, Range{0xa9fe0000, 16}, Range{0xe0000000, 4},
                            Range{0xf0000000, 4}};
constexpr std::array kPrivate{Range{0x0a000000, 8}, Range{0x64400000, 10}, Range{0x7f000000, 8},
                              Range{0xac100000, 12}, Range{0xc0a80000, 16}};

template <class Ranges>
bool in(const Ranges& ranges, std::uint32_t address) {
  for (const auto& [network, bits] : ranges)
    if ((address ^ network) >> (32 - bits) == 0) return true;
  return false;
}

bool may(std::uint32_t address, bool private_allowed) {
  return !in(kNever, address) && (private_allowed || !in(kPrivate, address));
}

bool may(const in6_addr& address, bool private_allowed) {
  const auto* byte = address.s6_addr;
  static constexpr std::uint8_t kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  static constexpr std::uint8_t kNat64[12] = {0, 0x64, 0xff, 0x9b};
  std::uint32_t v4 = 0;
  std::memcpy(&v4, byte + 12, 4);
  if (std::memcmp(byte, kMapped, 12) == 0 || std::memcmp(byte, kNat64, 12) == 0)
    return may(ntohl(v4), private_allowed);
  if (std::memcmp(byte, &in6addr_loopback, 16) == 0) return private_allowed;
  if ((byte[0] & 0xfe) == 0xfc) return private_allowed;  // unique local
  return (byte[0] & 0xe0) == 0x20 &&                     // global unicast, and of it not 6to4:
         !(byte[0] == 0x20 && byte[1] == 0x02);
}

}  // namespace

bool may_export_to(const sockaddr& address, bool private_allowed) {
  if (address.sa_family == AF_INET)
    return may(ntohl(reinterpret_cast<const sockaddr_in&>(address).sin_addr.s_addr), private_allowed);
  if (address.sa_family == AF_INET6)
    return may(reinterpret_cast<const sockaddr_in6&>(address).sin6_addr, private_allowed);
  return false;
}

bool may_export_to(const std::string& host, bool private_allowed) {
  in_addr v4{};
  in6_addr v6{};
  if (::inet_pton(AF_INET, host.c_str(), &v4) == 1) return may(ntohl(v4.s_addr), private_allowed);
  if (::inet_pton(AF_INET6, host.c_str(), &v6) == 1) return may(v6, private_allowed);
  return true;
}

}  // namespace wye::control
