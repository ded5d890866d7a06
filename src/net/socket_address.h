#pragma once

#include <cstdint>
#include <string>

#include "base/unique_fd.h"
#include "wye/result.h"

// Non-blocking sockets by address, without Asio.
namespace wye::net {

inline constexpr int kListenBacklog = 1024;

struct TcpListener {
  UniqueFd fd;
  std::uint16_t port = 0;
};
/// Listens on `host`, a numeric address without brackets, or `localhost`; `::` serves IPv4 too. Port 0 picks
/// a free port.
[[nodiscard]] Result<TcpListener> open_tcp_listener(const std::string& host, std::uint16_t port,
                                                    bool reuse_port);
/// Replaces a socket file on which nothing listens; `conflict` when something does. Paths may be longer than
/// a socket address holds.
[[nodiscard]] Result<UniqueFd> open_unix_listener(const std::string& path);
/// Connects; `disconnected` with code `connect_failed` when nothing listens there or the backlog is full.
[[nodiscard]] Result<UniqueFd> connect_unix(const std::string& path);

/// The bytes that the kernel keeps at most for a peer that does not read, beyond the peer's own buffer.
inline constexpr int kUnsentBytes = 128 * 1024;
/// Makes small writes leave at once, applies `kUnsentBytes`, and notices a silently dead peer after about a
/// minute (vm-api §15).
void prepare_accepted(int fd);
/// Accepts one connection, non-blocking and close-on-exec; empty with errno set when there is none.
[[nodiscard]] UniqueFd accept_from(int listener);
/// The peer's address as text ("127.0.0.1", "::1"; IPv4 as IPv4, however it came); "" for unix sockets.
[[nodiscard]] std::string peer_address(int fd);

}  // namespace wye::net
