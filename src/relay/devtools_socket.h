#pragma once

#include <cstdint>

#include "base/unique_fd.h"
#include "wye/result.h"

// Sockets that an agent has connected to DevTools inside its VM and handed out. The agent is hostile and may
// have kept a copy: with it, it can read the bytes, take them away, and change the socket's flags, such as
// the one that makes calls not block. So no call here relies on a flag of the socket: each read and write
// says itself that it must not wait (MSG_DONTWAIT).
namespace wye::relay {

/// Checks that it is a TCP socket of that network (base/network_of.h), connected over its loopback. `network`
/// 0 matches none.
[[nodiscard]] Result<void> check_devtools_socket(int socket, std::uint64_t network);

/// Whether it is a TCP socket, of IPv4 or IPv6.
[[nodiscard]] bool is_tcp(int socket);

/// Closes it without waiting, whatever the agent has set (SO_LINGER). What was not sent is lost.
void close_devtools_socket(UniqueFd socket);

}  // namespace wye::relay
