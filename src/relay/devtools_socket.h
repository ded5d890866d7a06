#pragma once

#include <cstdint>

#include "base/unique_fd.h"
#include "wye/result.h"

// Sockets that an agent has connected to DevTools inside its VM and handed out. The agent is hostile and may
// have kept a copy, by which it reads along, takes bytes away, and changes what is set on the socket, also
// that calls block. So no call on such a socket may depend on a flag of it: reads and writes are told not to
// wait, each by itself (MSG_DONTWAIT).
namespace wye::relay {

/// Checks that it is a TCP socket of that network (base/network_of.h), connected over its loopback. `network`
/// 0 matches none.
[[nodiscard]] Result<void> check_devtools_socket(int socket, std::uint64_t network);

/// Whether it is a TCP socket, of IPv4 or IPv6.
[[nodiscard]] bool is_tcp(int socket);

/// Closes it without waiting, whatever the agent has set (SO_LINGER). What was not sent is lost.
void close_devtools_socket(UniqueFd socket);

}  // namespace wye::relay
