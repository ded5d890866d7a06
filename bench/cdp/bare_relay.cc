#include "bare_relay.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <memory>
#include <unordered_map>

namespace wye::bench {
namespace {

struct Side {
  UniqueFd fd;
  std::weak_ptr<Side> peer;  // owned by the table
  char block[64 * 1024];     // bytes that this side has sent and the other has not taken yet
  std::size_t begin = 0, end = 0;
};

// Reads while nothing waits for the peer; otherwise waits until the peer takes it.
void await(int epoll, int operation, Side& side, bool reads, bool writes) {
  epoll_event event{};
  event.events = (reads ? EPOLLIN : 0U) | (writes ? EPOLLOUT : 0U);
  event.data.fd = side.fd.get();
  ::epoll_ctl(epoll, operation, side.fd.get(), &event);
}

// Passes on what `from` has sent; false when its peer is gone.
bool pass(Side& from, Side& to) {
  const auto sent = ::send(to.fd.get(), from.block + from.begin, from.end - from.begin, MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN) return false;
  if (sent > 0) from.begin += static_cast<std::size_t>(sent);
  if (from.begin == from.end) from.begin = from.end = 0;
  return true;
}

}  // namespace

void run_bare_relay(int listener, const std::function<UniqueFd()>& connect) {
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  std::unordered_map<int, std::shared_ptr<Side>> sides;
  epoll_event accepting{};
  accepting.events = EPOLLIN;
  accepting.data.fd = listener;
  ::epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &accepting);
  const auto add = [&](UniqueFd fd) {
    const int on = 1;
    ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    ::fcntl(fd.get(), F_SETFL, ::fcntl(fd.get(), F_GETFL) | O_NONBLOCK);
    auto side = std::make_shared<Side>();
    side->fd = std::move(fd);
    await(epoll, EPOLL_CTL_ADD, *side, true, false);
    return sides[side->fd.get()] = side;
  };
  epoll_event events[128];
  for (;;) {
    const int count = ::epoll_wait(epoll, events, 128, -1);
    for (int i = 0; i < count; ++i) {
      if (events[i].data.fd == listener) {
        UniqueFd accepted(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
        if (!accepted) continue;
        const auto client = add(std::move(accepted)), upstream = add(connect());
        client->peer = upstream;
        upstream->peer = client;
        continue;
      }
      const auto found = sides.find(events[i].data.fd);
      if (found == sides.end()) continue;  // an earlier event has removed it
      const auto side = found->second, peer = side->peer.lock();
      bool alive = true;
      const bool held = side->end > 0, peer_held = peer->end > 0;
      if (!held && (events[i].events & ~EPOLLOUT) != 0U) {
        const auto got = ::recv(side->fd.get(), side->block, sizeof(side->block), 0);
        if (got > 0) side->end = static_cast<std::size_t>(got);
        alive = got > 0 ? pass(*side, *peer) : got < 0 && errno == EAGAIN;
      } else if (held && (events[i].events & (EPOLLERR | EPOLLHUP)) != 0U) {
        alive = false;
      }
      if (alive && peer_held && (events[i].events & EPOLLOUT) != 0U) alive = pass(*peer, *side);
      if (!alive) {
        sides.erase(side->fd.get());
        sides.erase(peer->fd.get());
      } else if (held != (side->end > 0) || peer_held != (peer->end > 0)) {
        await(epoll, EPOLL_CTL_MOD, *side, side->end == 0, peer->end > 0);
        await(epoll, EPOLL_CTL_MOD, *peer, peer->end == 0, side->end > 0);
      }
    }
  }
}

}  // namespace wye::bench
