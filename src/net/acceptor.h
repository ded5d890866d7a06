#pragma once

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <functional>
#include <memory>
#include <vector>

#include "base/unique_fd.h"
#include "net/socket.h"

namespace wye::net {

/// Accepts on listening sockets until closed; pauses when descriptors run out instead of spinning.
class Acceptor {
 public:
  using Admit = std::function<void(UniqueFd)>;
  Acceptor(boost::asio::io_context& io, Admit admit) : io_(io), admit_(std::move(admit)) {}
  ~Acceptor() { close(); }
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  Result<void> listen(UniqueFd fd);
  void close();

 private:
  struct Listener;
  static Task<> loop(std::shared_ptr<Listener> listener);

  boost::asio::io_context& io_;
  Admit admit_;
  std::vector<std::shared_ptr<Listener>> listeners_;  // shared with the coroutine that accepts on it
};

/// Says that all connections are taken and lets the socket go.
void refuse_connection(UniqueFd fd);

}  // namespace wye::net
