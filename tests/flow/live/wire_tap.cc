#include "wire_tap.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <stdexcept>

namespace wye::live {
namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

bool send_all(int fd, const char* data, std::size_t size) {
  while (size > 0) {
    const auto sent = ::send(fd, data, size, MSG_NOSIGNAL);
    if (sent <= 0) return false;
    data += sent;
    size -= static_cast<std::size_t>(sent);
  }
  return true;
}

void reset(int fd) {
  const linger now{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

bool is_request_line(const std::string& line) {
  for (const char* method : {"GET ", "POST ", "PUT ", "PATCH ", "DELETE ", "HEAD "})
    if (line.starts_with(method) && line.find(" HTTP/1.") != std::string::npos) return true;
  return false;
}

}  // namespace

WireTap::WireTap() {
  listener_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  auto address = loopback(0);
  socklen_t size = sizeof address;
  std::array<int, 2> stop{};
  if (!listener_ || ::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener_.get(), 128) != 0 ||
      ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0 ||
      ::pipe2(stop.data(), O_CLOEXEC) != 0)
    throw std::runtime_error("the wire tap cannot listen");
  port_ = ntohs(address.sin_port);
  stop_read_.reset(stop[0]);
  stop_write_.reset(stop[1]);
  acceptor_ = std::thread([this] { accept_loop(); });
}

std::uint16_t WireTap::free_port() {
  const UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  auto address = loopback(0);
  socklen_t size = sizeof address;
  if (!socket || ::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error("no free port");
  return ntohs(address.sin_port);
}

WireTap::~WireTap() {
  stop_write_.reset();  // every poll wakes with a hang-up
  acceptor_.join();
  for (auto& connection : connections_) connection->pump.join();
}

void WireTap::accept_loop() {
  for (;;) {
    std::array<pollfd, 2> ready{pollfd{listener_.get(), POLLIN, 0}, pollfd{stop_read_.get(), POLLIN, 0}};
    if (::poll(ready.data(), ready.size(), -1) < 0 || ready[1].revents != 0) return;
    UniqueFd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!client) continue;
    if (refused_) {
      reset(client.get());
      continue;
    }
    auto connection = std::make_unique<Connection>();
    connection->client = std::move(client);
    connection->upstream.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto address = loopback(upstream_port_);
    if (::connect(connection->upstream.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) !=
        0) {
      reset(connection->client.get());
      continue;
    }
    auto& kept = *connection;
    const std::lock_guard lock(mutex_);
    connections_.push_back(std::move(connection));
    kept.pump = std::thread([this, &kept] { serve(kept); });
  }
}

void WireTap::serve(Connection& connection) {
  std::array<char, 64 * 1024> buffer;
  bool client_open = true, upstream_open = true;  // still to be read
  while (client_open || upstream_open) {
    std::array<pollfd, 3> ready{pollfd{client_open ? connection.client.get() : -1, POLLIN, 0},
                                pollfd{upstream_open ? connection.upstream.get() : -1, POLLIN, 0},
                                pollfd{stop_read_.get(), POLLIN, 0}};
    if (::poll(ready.data(), ready.size(), -1) < 0 || ready[2].revents != 0) break;
    if (ready[0].revents != 0) {
      const auto got = ::recv(connection.client.get(), buffer.data(), buffer.size(), 0);
      if (got <= 0) {
        client_open = false;
        ::shutdown(connection.upstream.get(), SHUT_WR);
      } else {
        {
          const std::lock_guard lock(mutex_);
          connection.sent.append(buffer.data(), static_cast<std::size_t>(got));
        }
        if (!send_all(connection.upstream.get(), buffer.data(), static_cast<std::size_t>(got))) break;
      }
    }
    if (ready[1].revents != 0) {
      const auto got = ::recv(connection.upstream.get(), buffer.data(), buffer.size(), 0);
      if (got == 0) {
        // Only its direction is over: a server that answers early still reads the rest of a body, and a close
        // here would take the answer from a client that is still sending.
        upstream_open = false;
        ::shutdown(connection.client.get(), SHUT_WR);
        continue;
      }
      if (got < 0) reset(connection.client.get());
      if (got < 0 || !send_all(connection.client.get(), buffer.data(), static_cast<std::size_t>(got))) break;
    }
  }
  const std::lock_guard lock(mutex_);
  connection.client.reset();
  connection.upstream.reset();
}

std::string WireTap::sent_by_clients() const {
  const std::lock_guard lock(mutex_);
  std::string all;
  for (const auto& connection : connections_) all += connection->sent;
  return all;
}

std::vector<std::string> WireTap::request_lines() const {
  std::vector<std::string> lines;
  const std::string all = sent_by_clients();
  for (std::size_t at = 0; at < all.size();) {
    const auto end = all.find("\r\n", at);
    if (end == std::string::npos) break;
    auto line = all.substr(at, end - at);
    if (is_request_line(line)) lines.push_back(std::move(line));
    at = end + 2;
  }
  return lines;
}

}  // namespace wye::live
