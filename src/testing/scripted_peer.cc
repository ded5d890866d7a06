#include "testing/scripted_peer.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <stdexcept>

namespace wye::testing {
namespace {

// Waits until bytes are there; false when the peer is to stop or the client is gone.
bool more(int client, int stop, std::string& into) {
  std::array<pollfd, 2> ready{pollfd{client, POLLIN, 0}, pollfd{stop, POLLIN, 0}};
  if (::poll(ready.data(), ready.size(), -1) < 0 || ready[1].revents != 0) return false;
  std::array<char, 16 * 1024> piece;
  const auto got = ::recv(client, piece.data(), piece.size(), 0);
  if (got <= 0) return false;
  into.append(piece.data(), static_cast<std::size_t>(got));
  return true;
}

std::size_t length_of(const std::string& head) {
  const auto at = head.find("Content-Length:");
  return at == std::string::npos ? 0 : std::stoul(head.substr(at + 15));
}

bool send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

}  // namespace

ScriptedPeer::ScriptedPeer(Script script)
    : script_(std::move(script)), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  std::array<int, 2> stop{};
  if (!listener_ || ::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::listen(listener_.get(), 256) != 0 ||
      ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0 ||
      ::pipe2(stop.data(), O_CLOEXEC) != 0)
    throw std::runtime_error("the scripted peer cannot listen");
  port_ = ntohs(address.sin_port);
  stop_read_.reset(stop[0]);
  stop_write_.reset(stop[1]);
  acceptor_ = std::thread([this] { accept_loop(); });
}

ScriptedPeer::~ScriptedPeer() {
  stop_write_.reset();
  acceptor_.join();
  for (auto& thread : threads_) thread.join();
}

void ScriptedPeer::accept_loop() {
  for (;;) {
    std::array<pollfd, 2> ready{pollfd{listener_.get(), POLLIN, 0}, pollfd{stop_read_.get(), POLLIN, 0}};
    if (::poll(ready.data(), ready.size(), -1) < 0 || ready[1].revents != 0) return;
    UniqueFd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (client) threads_.emplace_back([this, fd = std::move(client)]() mutable { serve(std::move(fd)); });
  }
}

void ScriptedPeer::serve(UniqueFd client) {
  std::string in;
  std::size_t end;
  while ((end = in.find("\r\n\r\n")) == std::string::npos)
    if (!more(client.get(), stop_read_.get(), in)) return;
  SeenRequest request{.line = in.substr(0, in.find("\r\n")), .head = in.substr(0, end + 2)};
  const bool is_chunked = request.head.find("Transfer-Encoding: chunked") != std::string::npos;
  const auto complete = [&] {
    return is_chunked ? in.ends_with("0\r\n\r\n") : in.size() >= end + 4 + length_of(request.head);
  };
  while (!complete())
    if (!more(client.get(), stop_read_.get(), in)) return;
  request.body = in.substr(end + 4);
  {
    const std::lock_guard lock(mutex_);
    seen_.push_back(request);
  }
  const auto play = script_(request);
  if (!send_all(client.get(), play.bytes)) return;
  if (play.keep_open)
    while (more(client.get(), stop_read_.get(), in)) {
    }
  if (play.reset) {
    const linger now{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(client.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
  }
}

std::vector<SeenRequest> ScriptedPeer::seen() const {
  const std::lock_guard lock(mutex_);
  return seen_;
}

Play answer(int status, const std::string& body, const std::string& headers) {
  return {"HTTP/1.1 " + std::to_string(status) + " Status\r\n" + headers +
          "Content-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" + body};
}

Play chunked(int status, const std::string& body, const std::string& headers) {
  char size[32];
  std::snprintf(size, sizeof size, "%zx", body.size());
  return {"HTTP/1.1 " + std::to_string(status) + " Status\r\n" + headers +
          "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n" + size + "\r\n" + body + "\r\n0\r\n\r\n"};
}

}  // namespace wye::testing
