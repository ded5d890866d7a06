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
/// Parses `127.0.0.1:7711`, `localhost:0`, `[::1]:7711`; `invalid` says what to write instead. Refuses zone
/// ids (`%eth0`), which no URL for browsers can hold.
[[nodiscard]] Result<HostPort> parse_host_port(std::string_view text);

/// Writes it as URLs and `Host` do: `127.0.0.1:80`, `[::1]:80`.
[[nodiscard]] std::string authority(std::string_view host, std::uint16_t port);

}  // namespace wye::net
