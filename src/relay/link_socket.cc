#include "relay/link_socket.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace wye::relay {

namespace {

Error failed(const std::string& path) {
  return {.kind = ErrorKind::disconnected,
          .code = "connect_failed",
          .message = path + ": " + std::strerror(errno)};
}

using Call = int (*)(int, const sockaddr*, socklen_t);

// By the directory's descriptor, since an address holds 107 bytes.
Result<UniqueFd> with_address(const std::string& path, Call call) {
  const std::filesystem::path name(path);
  const UniqueFd directory(::open(name.parent_path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  UniqueFd socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!directory || !socket) return failed(path);
  const auto text = "/proc/self/fd/" + std::to_string(directory.get()) + "/" + name.filename().string();
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (text.size() >= sizeof(address.sun_path)) {
    errno = ENAMETOOLONG;
    return failed(path);
  }
  std::memcpy(address.sun_path, text.c_str(), text.size() + 1);
  if (call(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
    return failed(path);
  return socket;
}

}  // namespace

Result<UniqueFd> listen_for_links(const std::string& path) {
  ::unlink(path.c_str());
  auto socket = with_address(path, ::bind);
  if (socket && ::listen(socket->get(), 4) != 0) return failed(path);
  return socket;
}

Result<UniqueFd> connect_link(const std::string& path) { return with_address(path, ::connect); }

bool is_own_peer(int link) {
  ucred peer{};
  socklen_t size = sizeof(peer);
  if (::getsockopt(link, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
  return peer.uid == ::geteuid() || peer.uid == 0;
}

}  // namespace wye::relay
