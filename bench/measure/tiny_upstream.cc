#include "tiny_upstream.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <string_view>
#include <unordered_map>

namespace wye::bench {

void run_tiny_upstream(int listener, const std::string& answer) {
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  const auto add = [&](int fd) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
  };
  add(listener);
  std::unordered_map<int, std::string> pending;
  epoll_event events[128];
  char block[16 * 1024];
  while (true) {
    const int count = ::epoll_wait(epoll, events, 128, -1);
    for (int i = 0; i < count; ++i) {
      const int fd = events[i].data.fd;
      if (fd == listener) {
        const int accepted = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (accepted >= 0) add(accepted);
        continue;
      }
      const auto got = ::recv(fd, block, sizeof(block), 0);
      if (got <= 0) {
        ::close(fd);
        pending.erase(fd);
        continue;
      }
      auto& text = pending[fd];
      text.append(block, static_cast<std::size_t>(got));
      for (auto end = text.find("\r\n\r\n"); end != std::string::npos; end = text.find("\r\n\r\n")) {
        text.erase(0, end + 4);
        (void)!::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL);
      }
    }
  }
}

}  // namespace wye::bench
