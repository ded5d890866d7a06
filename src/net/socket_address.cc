#include "net/socket_address.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "net/host_port.h"

namespace wye::net {
namespace {

Error system_error(ErrorKind kind, std::string code, const std::string& what) {
  return {kind, std::move(code), what + ": " + std::strerror(errno)};
}

// The address of a path; long ones are reached through an open descriptor of their directory, which must stay
// open.
struct UnixAddress {
  sockaddr_un address{};
  UniqueFd directory;
};

Result<UnixAddress> unix_address(const std::string& path) {
  UnixAddress out;
  out.address.sun_family = AF_UNIX;
  std::string name = path;
  if (name.size() >= sizeof(out.address.sun_path)) {
    const auto slash = path.rfind('/');
    if (slash == std::string::npos)
      return Error{ErrorKind::invalid, "invalid_input", "the socket's name is too long"};
    out.directory.reset(::open(path.substr(0, slash).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!out.directory) return system_error(ErrorKind::disconnected, "connect_failed", "socket directory");
    name = "/proc/self/fd/" + std::to_string(out.directory.get()) + path.substr(slash);
    if (name.size() >= sizeof(out.address.sun_path))
      return Error{ErrorKind::invalid, "invalid_input", "the socket's name is too long"};
  }
  std::memcpy(out.address.sun_path, name.c_str(), name.size() + 1);
  return out;
}

Result<UniqueFd> unix_socket() {
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return system_error(ErrorKind::internal, "internal_error", "socket");
  return fd;
}

}  // namespace

Result<TcpListener> open_tcp_listener(const std::string& host, std::uint16_t port, bool reuse_port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV | (host == "localhost" ? 0 : AI_NUMERICHOST);
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.empty() ? "127.0.0.1" : host.c_str(), std::to_string(port).c_str(), &hints,
                    &found) != 0)
    return Error{ErrorKind::invalid, "invalid_input", "not an address to listen on: " + host};
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, ::freeaddrinfo);

  TcpListener out;
  out.fd.reset(::socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!out.fd) return system_error(ErrorKind::internal, "internal_error", "socket");
  const int on = 1, off = 0;
  // [::] also serves IPv4 clients, whatever the system's default is.
  if (found->ai_family == AF_INET6) ::setsockopt(out.fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
  ::setsockopt(out.fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (reuse_port) ::setsockopt(out.fd.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
  if (::bind(out.fd.get(), found->ai_addr, found->ai_addrlen) != 0 ||
      ::listen(out.fd.get(), kListenBacklog) != 0)
    return system_error(ErrorKind::conflict, "listen_failed", authority(host, port));

  sockaddr_storage bound{};
  socklen_t size = sizeof(bound);
  ::getsockname(out.fd.get(), reinterpret_cast<sockaddr*>(&bound), &size);
  out.port = ntohs(bound.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6*>(&bound)->sin6_port
                                               : reinterpret_cast<sockaddr_in*>(&bound)->sin_port);
  return out;
}

Result<UniqueFd> open_unix_listener(const std::string& path) {
  if (const auto other = connect_unix(path); other)
    return Error{ErrorKind::conflict, "listen_failed", path + ": somebody listens there already"};
  auto address = unix_address(path);
  if (!address) return address.error();
  auto fd = unix_socket();
  if (!fd) return fd.error();
  ::unlink(address->address.sun_path);
  if (::bind(fd->get(), reinterpret_cast<const sockaddr*>(&address->address), sizeof(sockaddr_un)) != 0 ||
      ::listen(fd->get(), kListenBacklog) != 0)
    return system_error(ErrorKind::conflict, "listen_failed", path);
  return fd;
}

Result<UniqueFd> connect_unix(const std::string& path) {
  auto address = unix_address(path);
  if (!address) return address.error();
  auto fd = unix_socket();
  if (!fd) return fd.error();
  if (::connect(fd->get(), reinterpret_cast<const sockaddr*>(&address->address), sizeof(sockaddr_un)) != 0)
    return system_error(ErrorKind::disconnected, "connect_failed", "connect");
  return fd;
}

void prepare_accepted(int fd) {
  const int on = 1;
  const int idle_s = 30;
  const int interval_s = 10;
  const int probes = 3;
  const int unacknowledged_ms = 60'000;
  if (::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0) {
    const int half = kUnsentBytes / 2;  // the kernel doubles it for its own account
    ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &half, sizeof(half));
    return;
  }
  ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof(idle_s));
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof(interval_s));
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof(probes));
  ::setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unacknowledged_ms, sizeof(unacknowledged_ms));
  // Bounds what the kernel keeps unsent: for a client that does not read it would grow to megabytes. What is
  // on its way to a distant client may still be as much as its window takes.
  ::setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kUnsentBytes, sizeof(kUnsentBytes));
}

UniqueFd accept_from(int listener) {
  UniqueFd fd(::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  return fd;
}

std::string peer_address(int fd) {
  sockaddr_storage peer{};
  socklen_t size = sizeof(peer);
  char text[INET6_ADDRSTRLEN] = {};
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) != 0) return {};
  if (peer.ss_family == AF_INET)
    ::inet_ntop(AF_INET, &reinterpret_cast<sockaddr_in*>(&peer)->sin_addr, text, sizeof(text));
  if (peer.ss_family == AF_INET6) {
    const auto& address = reinterpret_cast<sockaddr_in6*>(&peer)->sin6_addr;
    const bool mapped = IN6_IS_ADDR_V4MAPPED(&address);  // an IPv4 client of a listener for both
    ::inet_ntop(mapped ? AF_INET : AF_INET6, mapped ? &address.s6_addr[12] : &address.s6_addr[0], text,
                sizeof(text));
  }
  return text;
}

}  // namespace wye::net
