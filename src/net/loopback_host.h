#pragma once

#include <string_view>

namespace wye::net {

/// Returns whether a URL's host is this machine, in any spelling: `localhost` and names below it, 127/8,
/// 0.0.0.0, `::1`, `::`, these within IPv6, numbers as `inet_aton` reads them (`2130706433`, `0x7f.1`), any
/// case, a dot at the end. Names that only a resolver maps to this machine are not recognised.
[[nodiscard]] bool is_loopback_host(std::string_view host);

/// Returns the host of an absolute URL without user, port and brackets; "" when there is none.
[[nodiscard]] std::string_view host_of_url(std::string_view url);

}  // namespace wye::net
