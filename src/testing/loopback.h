#pragma once

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include <cstdint>
#include <string_view>

#include "base/unique_fd.h"

// Sockets on this machine's loopback, blocking.
namespace wye::testing {

struct Listener {
  UniqueFd fd;
  std::uint16_t port = 0;
};
/// A port of its own on which connections are refused, and which nobody else gets meanwhile.
[[nodiscard]] Listener refuse_on_loopback();
/// On a free port; throws where there is none.
[[nodiscard]] Listener listen_on_loopback();
/// Empty when nobody listens.
[[nodiscard]] UniqueFd connect_to_loopback(std::uint16_t port);
/// False when the other side is gone.
bool send_all(int fd, std::string_view bytes);
/// The close that follows is a reset.
void reset_on_close(int fd);

}  // namespace wye::testing
