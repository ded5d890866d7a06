#include "relay/devtools_socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/network_of.h"

namespace wye::relay {

namespace {

Error refused(const char* what) {
  return {.kind = ErrorKind::internal,
          .code = "bad_descriptor",
          .message = std::string("the agent handed out ") + what};
}

// What the kernel says of a socket; −1 for what is none.
int property(int socket, int name) {
  int value = -1;
  socklen_t size = sizeof(value);
  return ::getsockopt(socket, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
}

using Name = int (*)(int, sockaddr*, socklen_t*);
bool is_on_loopback(int socket, Name name) {
  sockaddr_in address{};
  socklen_t size = sizeof(address);
  return name(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0 && size == sizeof(address) &&
         address.sin_family == AF_INET && (::ntohl(address.sin_addr.s_addr) >> 24) == 127;
}

}  // namespace

bool is_tcp(int socket) {
  const int family = property(socket, SO_DOMAIN);
  return (family == AF_INET || family == AF_INET6) && property(socket, SO_PROTOCOL) == IPPROTO_TCP;
}

Result<void> check_devtools_socket(int socket, std::uint64_t network) {
  if (property(socket, SO_DOMAIN) != AF_INET || property(socket, SO_TYPE) != SOCK_STREAM ||
      property(socket, SO_PROTOCOL) != IPPROTO_TCP)
    return refused("what is no TCP socket");
  if (property(socket, SO_ACCEPTCONN) != 0) return refused("a socket that listens");
  if (network == 0 || network_of(socket) != network) return refused("a socket of another network");
  if (!is_on_loopback(socket, ::getpeername) || !is_on_loopback(socket, ::getsockname))
    return refused("a socket that is not connected over the loopback");
  return {};
}

// A socket that is not connected any more has nothing to wait for: the kernel drops what it still holds.
void close_devtools_socket(UniqueFd socket) {
  sockaddr nowhere{};
  nowhere.sa_family = AF_UNSPEC;
  (void)::connect(socket.get(), &nowhere,
                  sizeof(nowhere.sa_family));  // as short as it may be: see sandbox.cc
  const linger none{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &none, sizeof(none));
}

}  // namespace wye::relay
