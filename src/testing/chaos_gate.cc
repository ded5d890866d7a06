#include "testing/chaos_gate.h"

#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>

#include "testing/loopback.h"

namespace wye::testing {

ChaosGate::ChaosGate(std::uint16_t upstream_port) : upstream_port_(upstream_port) {
  auto listener = listen_on_loopback();
  listener_ = std::move(listener.fd);
  port_ = listener.port;
  std::array<int, 2> stop{};
  if (::pipe2(stop.data(), O_CLOEXEC) != 0) throw std::runtime_error("the chaos gate has no pipe");
  stop_read_.reset(stop[0]);
  stop_write_.reset(stop[1]);
  acceptor_ = std::thread([this] { accept_loop(); });
}

ChaosGate::~ChaosGate() {
  stop_write_.reset();  // every poll wakes with a hang-up
  acceptor_.join();
  for (auto& thread : threads_) thread.join();
}

void ChaosGate::inject(Fault fault) {
  const std::lock_guard lock(mutex_);
  fault_ = fault;
}

void ChaosGate::accept_loop() {
  for (;;) {
    std::array<pollfd, 2> ready{pollfd{listener_.get(), POLLIN, 0}, pollfd{stop_read_.get(), POLLIN, 0}};
    if (::poll(ready.data(), ready.size(), -1) < 0 || ready[1].revents != 0) return;
    UniqueFd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!client) continue;
    ++accepted_;
    Fault fault;
    {
      const std::lock_guard lock(mutex_);
      fault = fault_;
    }
    if (fault.kind == Fault::Kind::refuse)
      reset_on_close(client.get());
    else
      threads_.emplace_back([this, fault, fd = std::move(client)]() mutable { relay(std::move(fd), fault); });
  }
}

void ChaosGate::relay(UniqueFd client, Fault fault) const {
  const auto upstream = connect_to_loopback(upstream_port_);
  if (!upstream) return reset_on_close(client.get());
  std::vector<char> buffer(std::max<std::size_t>(fault.piece, 1));
  const bool counts = fault.kind != Fault::Kind::none;
  std::size_t left = fault.after;
  bool client_talks = true;
  for (;;) {
    const bool stalled = fault.kind == Fault::Kind::stall && left == 0;
    if (counts && !stalled && left == 0) break;
    std::array<pollfd, 3> ready{pollfd{client_talks ? client.get() : -1, POLLIN, 0},
                                pollfd{stalled ? -1 : upstream.get(), POLLIN, 0},
                                pollfd{stop_read_.get(), POLLIN, 0}};
    if (::poll(ready.data(), ready.size(), -1) < 0 || ready[2].revents != 0) return;
    if (ready[0].revents != 0) {
      const auto got = ::recv(client.get(), buffer.data(), buffer.size(), 0);
      if (got <= 0 && stalled) return;
      client_talks = got > 0;
      if (got <= 0)
        ::shutdown(upstream.get(), SHUT_WR);
      else if (!send_all(upstream.get(), {buffer.data(), static_cast<std::size_t>(got)}))
        return;
    }
    if (ready[1].revents == 0) continue;
    const auto got =
        ::recv(upstream.get(), buffer.data(), counts ? std::min(left, buffer.size()) : buffer.size(), 0);
    if (got <= 0 || !send_all(client.get(), {buffer.data(), static_cast<std::size_t>(got)})) return;
    if (counts) left -= static_cast<std::size_t>(got);
  }
  if (fault.kind == Fault::Kind::reset) reset_on_close(client.get());
}

}  // namespace wye::testing
