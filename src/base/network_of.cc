#include "base/network_of.h"

#include <sys/socket.h>

#include "base/unique_fd.h"

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

namespace wye {

std::uint64_t network_of(int socket) {
  std::uint64_t number = 0;
  socklen_t size = sizeof(number);
  return ::getsockopt(socket, SOL_SOCKET, SO_NETNS_COOKIE, &number, &size) == 0 ? number : 0;
}

std::uint64_t own_network() {
  const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  return network_of(socket.get());
}

}  // namespace wye
