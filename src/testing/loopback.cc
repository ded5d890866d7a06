#include "testing/loopback.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <stdexcept>

namespace wye::testing {
namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

}  // namespace

Listener refuse_on_loopback() {
  Listener out{.fd = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))};
  auto address = loopback(0);
  socklen_t size = sizeof address;
  if (!out.fd || ::bind(out.fd.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::getsockname(out.fd.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error("there is no free port on the loopback");
  out.port = ntohs(address.sin_port);
  return out;
}

Listener listen_on_loopback() {
  auto out = refuse_on_loopback();
  if (::listen(out.fd.get(), 256) != 0) throw std::runtime_error("cannot listen on the loopback");
  return out;
}

UniqueFd connect_to_loopback(std::uint16_t port) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const auto address = loopback(port);
  if (fd && ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fd.reset();
  return fd;
}

bool send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void reset_on_close(int fd) {
  const linger now{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

}  // namespace wye::testing
