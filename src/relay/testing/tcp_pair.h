#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <stdexcept>

#include "base/unique_fd.h"

namespace wye::relay::testing {

/// Two ends of a TCP connection over the loopback, and what accepted it.
struct TcpPair {
  TcpPair() : listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const name = reinterpret_cast<sockaddr*>(&address);
    left = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::bind(listener.get(), name, size) != 0 || ::listen(listener.get(), 8) != 0 ||
        ::getsockname(listener.get(), name, &size) != 0 || ::connect(left.get(), name, size) != 0)
      throw std::runtime_error("no TCP connection");
    right = UniqueFd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  }
  UniqueFd listener, left, right;
};

}  // namespace wye::relay::testing
