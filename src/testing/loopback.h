#pragma once

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include <cstdint>
#include <string_view>

#include "base/unique_fd.h"

// Blocking sockets on this machine's loopback.
namespace wye::testing {

struct Listener {
  UniqueFd fd;
  std::uint16_t port = 0;
};
/// Reserves a port that refuses connections, so that no other process gets it.
[[nodiscard]] Listener refuse_on_loopback();
/// Listens on a free port; throws when there is none.
[[nodiscard]] Listener listen_on_loopback();
/// Connects; empty when nothing listens.
[[nodiscard]] UniqueFd connect_to_loopback(std::uint16_t port);
/// Sends all of it; false when the other side is gone.
bool send_all(int fd, std::string_view bytes);
/// Makes the next close a reset.
void reset_on_close(int fd);

}  // namespace wye::testing
