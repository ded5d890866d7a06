#include "cli/demo_page.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <stdexcept>
#include <string>

namespace wye::cli {

DemoPage::DemoPage() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (!listener_ || ::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::listen(listener_.get(), 16) != 0 ||
      ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error("the demo's page cannot be served on loopback");
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

DemoPage::~DemoPage() {
  ::shutdown(listener_.get(), SHUT_RDWR);  // ends accept()
  thread_.join();
}

void DemoPage::serve() {
  const std::string body = "<!doctype html><title>Wye demo</title><h1>A page of your own</h1>";
  const std::string answer =
      "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nSet-Cookie: visited=yes\r\nContent-Length: " +
      std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" + body;
  for (;;) {
    const UniqueFd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!client) return;
    const timeval patience{.tv_sec = 5, .tv_usec = 0};
    ::setsockopt(client.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    std::string head;
    char piece[2048];
    while (head.find("\r\n\r\n") == std::string::npos && head.size() < 65536) {
      const auto got = ::recv(client.get(), piece, sizeof piece, 0);
      if (got <= 0) break;
      head.append(piece, static_cast<std::size_t>(got));
    }
    ::send(client.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
    ::shutdown(client.get(), SHUT_WR);
  }
}

}  // namespace wye::cli
