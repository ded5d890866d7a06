#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "wye/result.h"

namespace wye::net {

/// Where to listen.
struct HostPort {
  std::string host;  ///< A name or an address, an IPv6 one in its shortest form and without brackets.
  std::uint16_t port = 0;
};
/// `127.0.0.1:7711`, `localhost:0`, `[::1]:7711`; `invalid` with what to write instead. Zone ids (`%eth0`)
/// are not taken: no URL that a browser reads can hold one.
[[nodiscard]] Result<HostPort> parse_host_port(std::string_view text);

/// As URLs and `Host` have it: `127.0.0.1:80`, `[::1]:80`.
[[nodiscard]] std::string authority(std::string_view host, std::uint16_t port);

}  // namespace wye::net
