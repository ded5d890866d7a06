#include "base/pass_descriptors.h"

#include <sys/socket.h>

#include <array>
#include <cassert>
#include <cerrno>
#include <cstring>

namespace wye {

namespace {

// One more than is taken, so that whoever sends too many is noticed; the kernel drops the rest itself.
constexpr std::size_t kControlBytes = CMSG_SPACE((kMostPassed + 1) * sizeof(int));

void take_descriptors(msghdr& message, std::vector<UniqueFd>& out) {
  for (auto* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof(int));
      out.emplace_back(fd);
    }
  }
}

}  // namespace

bool send_with_descriptors(int socket, std::string_view bytes, std::span<const int> descriptors) {
  assert(!bytes.empty() && descriptors.size() <= kMostPassed);
  iovec part{const_cast<char*>(bytes.data()), bytes.size()};
  alignas(cmsghdr) std::array<char, kControlBytes> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (!descriptors.empty()) {
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
    auto* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(descriptors.size_bytes());
    std::memcpy(CMSG_DATA(header), descriptors.data(), descriptors.size_bytes());
  }
  ssize_t sent = -1;
  do {
    sent = ::sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  } while (sent < 0 && errno == EINTR);
  return sent == static_cast<ssize_t>(bytes.size());
}

Received receive_with_descriptors(int socket, std::span<char> room, std::size_t most) {
  assert(most <= kMostPassed);
  iovec part{room.data(), room.size()};
  alignas(cmsghdr) std::array<char, kControlBytes> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  ssize_t got = -1;
  do {
    got = ::recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  } while (got < 0 && errno == EINTR);
  Received out;
  if (got < 0) {
    const bool later = errno == EAGAIN || errno == EWOULDBLOCK;
    out.what = later ? Received::What::nothing_yet : Received::What::end;
    return out;
  }
  take_descriptors(message, out.descriptors);
  if (out.descriptors.size() > most || (message.msg_flags & MSG_CTRUNC) != 0) {
    out.descriptors.clear();
    out.what = Received::What::refused;
    return out;
  }
  if (got == 0) return out;
  out.what = Received::What::bytes;
  out.size = static_cast<std::size_t>(got);
  out.cut = (message.msg_flags & MSG_TRUNC) != 0;
  return out;
}

}  // namespace wye
