#include "load.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <string_view>

namespace wye::bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Client {
  int fd = -1;
  Clock::time_point sent;
  std::string pending;
};

int connect_to(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0)
    throw std::runtime_error("connect failed");
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  return fd;
}

}  // namespace

double LoadResult::percentile_us(double part) const {
  if (latency_ns.empty()) return 0;
  const auto at = static_cast<std::size_t>(part * static_cast<double>(latency_ns.size() - 1));
  return latency_ns[at] / 1000.0;
}

LoadResult run_load(std::uint16_t port, const std::string& request, std::size_t body_bytes,
                    unsigned connections, double seconds) {
  LoadResult result;
  result.latency_ns.reserve(4'000'000);
  std::vector<Client> clients(connections);
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  const auto send = [&](Client& client) {
    client.sent = Clock::now();
    if (::send(client.fd, request.data(), request.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(request.size()))
      throw std::runtime_error("send failed");
  };
  for (std::size_t i = 0; i < clients.size(); ++i) {
    clients[i].fd = connect_to(port);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = i;
    ::epoll_ctl(epoll, EPOLL_CTL_ADD, clients[i].fd, &event);
  }
  const auto begin = Clock::now();
  const auto end =
      begin + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  for (auto& client : clients) send(client);
  epoll_event events[64];
  char block[16 * 1024];
  for (auto now = begin; now < end;) {
    const int count = ::epoll_wait(epoll, events, 64, 1000);
    for (int i = 0; i < count; ++i) {
      auto& client = clients[events[i].data.u64];
      const auto got = ::recv(client.fd, block, sizeof(block), 0);
      if (got <= 0) throw std::runtime_error("the server closed the connection");
      client.pending.append(block, static_cast<std::size_t>(got));
      const auto head = client.pending.find("\r\n\r\n");
      if (head == std::string::npos || client.pending.size() < head + 4 + body_bytes) continue;
      now = Clock::now();
      result.latency_ns.push_back(
          static_cast<std::uint32_t>(std::chrono::nanoseconds(now - client.sent).count()));
      ++result.requests;
      if (!client.pending.starts_with("HTTP/1.1 200 ") || client.pending.size() != head + 4 + body_bytes)
        ++result.failures;
      client.pending.clear();
      send(client);
    }
    if (count == 0) throw std::runtime_error("no answer for a second");
  }
  result.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  for (auto& client : clients) ::close(client.fd);
  ::close(epoll);
  std::sort(result.latency_ns.begin(), result.latency_ns.end());
  return result;
}

}  // namespace wye::bench
