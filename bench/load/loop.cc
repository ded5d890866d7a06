#include "loop.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace wye::load {
namespace {

constexpr std::size_t kBlock = 256 * 1024;
constexpr int kEventsATurn = 256;

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

}  // namespace

Wire::Wire(Loop& loop, std::uint16_t port, const WireOptions& options) : loop_(loop) {
  fd_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd_) fail("socket");
  const int on = 1;
  ::setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (options.receive_buffer > 0)
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &options.receive_buffer, sizeof options.receive_buffer);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  if (!options.source.empty()) {
    // The kernel chooses the port when the destination is known, so that each source address has all ports.
    ::setsockopt(fd_.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    ::inet_pton(AF_INET, options.source.c_str(), &address.sin_addr);
    if (::bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) fail("bind");
  }
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 &&
      errno != EINPROGRESS)
    fail("connect");
  epoll_event event{};
  event.events = watched_ = EPOLLIN | EPOLLOUT;
  event.data.ptr = this;
  if (::epoll_ctl(loop_.epoll_.get(), EPOLL_CTL_ADD, fd_.get(), &event) != 0) fail("epoll_ctl");
}

Wire::~Wire() { close(); }

void Wire::close() {
  fd_.reset();
  std::replace(loop_.turn_.begin(), loop_.turn_.end(), this, static_cast<Wire*>(nullptr));
}

void Wire::end() {
  close();
  if (on_end) on_end();
}

void Wire::watch() {
  const std::uint32_t wanted = (reading_ ? EPOLLIN : 0U) | (!unsent_.empty() || !connected_ ? EPOLLOUT : 0U);
  if (!fd_ || wanted == watched_) return;
  epoll_event event{};
  event.events = watched_ = wanted;
  event.data.ptr = this;
  ::epoll_ctl(loop_.epoll_.get(), EPOLL_CTL_MOD, fd_.get(), &event);
}

void Wire::flush() {
  while (sent_ < unsent_.size()) {
    const auto sent = ::send(fd_.get(), unsent_.data() + sent_, unsent_.size() - sent_, MSG_NOSIGNAL);
    if (sent < 0 && (errno == EAGAIN || errno == EINTR)) break;
    if (sent < 0) return end();
    sent_ += static_cast<std::size_t>(sent);
  }
  if (sent_ == unsent_.size()) {
    unsent_.clear();
    sent_ = 0;
  }
  watch();
}

void Wire::send(std::string_view bytes) {
  if (!fd_) return;
  const bool was_empty = unsent_.empty();
  unsent_.append(bytes);
  if (connected_ && was_empty) flush();
}

void Wire::read(bool on) {
  reading_ = on;
  watch();
}

void Wire::handle(std::uint32_t events) {
  if (!connected_ && (events & EPOLLOUT) != 0 && (events & EPOLLERR) == 0) connected_ = true;
  if ((events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0 && (reading_ || (events & EPOLLERR) != 0)) {
    auto& block = loop_.block_;
    const auto got = ::recv(fd_.get(), block.data(), block.size(), 0);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) return end();
    if (got > 0 && on_bytes) on_bytes(std::string_view(block.data(), static_cast<std::size_t>(got)));
  }
  if (fd_ && connected_) flush();
}

Loop::Loop() : epoll_(::epoll_create1(EPOLL_CLOEXEC)), block_(kBlock) {
  if (!epoll_) fail("epoll_create1");
}

void Loop::at(Clock::time_point time, std::function<void()> call) {
  due_.push({time, order_++, std::move(call)});
}

bool Loop::run_until(const std::function<bool()>& done, Clock::time_point deadline) {
  std::array<epoll_event, kEventsATurn> events;
  while (!done()) {
    const auto now = Clock::now();
    if (now >= deadline) return false;
    const auto until = due_.empty() ? deadline : std::min(deadline, due_.top().time);
    // Rounds up; otherwise it would spin through the last part of a millisecond.
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - now).count();
    const int count = ::epoll_wait(epoll_.get(), events.data(), kEventsATurn,
                                   static_cast<int>(std::clamp<long>(left, 0, 60'000)));
    turn_.clear();
    for (int i = 0; i < count; ++i)
      turn_.push_back(static_cast<Wire*>(events[static_cast<std::size_t>(i)].data.ptr));
    for (std::size_t i = 0; i < turn_.size(); ++i)
      if (turn_[i] != nullptr) turn_[i]->handle(events[i].events);
    while (!due_.empty() && due_.top().time <= Clock::now()) {
      const auto call = due_.top().call;
      due_.pop();
      call();
    }
  }
  return true;
}

}  // namespace wye::load
