#include "net/http_server.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <list>

#include "net/http_connection.h"
#include "net/socket_address.h"

namespace wye::net {

namespace asio = boost::asio;

namespace {

using Executor = asio::io_context::executor_type;
using Descriptor = asio::posix::basic_stream_descriptor<Executor>;

// After running out of descriptors: long enough not to spin, short enough not to be noticed.
constexpr std::chrono::milliseconds kAcceptPause{50};
constexpr std::string_view kFull =
    "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nRetry-After: 1\r\nContent-Length: 71\r\n"
    "Connection: close\r\n\r\n{\"code\":\"capacity_exhausted\",\"message\":\"too many connections are open\"}";

struct Listener {
  explicit Listener(asio::io_context& io, int fd) : descriptor(io.get_executor(), fd), pause(io.get_executor()) {}
  Descriptor descriptor;
  Timer pause;
};

}  // namespace

struct HttpServer::Impl {
  explicit Impl(asio::io_context& io, Handler handler, ServerLimits limits)
      : state(std::make_shared<ServerState>(ServerState{io, std::move(handler), limits, {}, 0, false})) {}
  std::shared_ptr<ServerState> state;            // shared with the connections
  std::list<std::shared_ptr<Listener>> listeners;  // shared with the coroutine that accepts on it
};

namespace {

void admit(const std::shared_ptr<ServerState>& state, UniqueFd fd) {
  prepare_tcp(fd.get());
  if (state->connections.size() >= state->limits.connections) {
    iovec one = part(kFull);
    std::span<iovec> parts(&one, 1);
    (void)send_now(fd.get(), parts);
    return;
  }
  auto socket = adopt_socket(state->io, std::move(fd));
  if (!socket.is_open()) return;
  auto connection = std::make_shared<HttpConnection>(std::move(socket), state);
  auto run = [](std::shared_ptr<HttpConnection> self) -> Task<> { co_await self->run(); };
  asio::co_spawn(state->io.get_executor(), run(std::move(connection)), asio::detached);
}

Task<> accept_loop(std::shared_ptr<Listener> listener, std::shared_ptr<ServerState> state) {
  while (listener->descriptor.is_open()) {
    const auto [error] = co_await listener->descriptor.async_wait(Descriptor::wait_read, kAwait);
    if (error) co_return;
    bool starved = false;
    while (listener->descriptor.is_open()) {
      auto fd = accept_from(listener->descriptor.native_handle());
      if (!fd) {
        starved = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
        break;
      }
      admit(state, std::move(fd));
    }
    if (!starved) continue;
    listener->pause.expires_after(kAcceptPause);
    const auto [stopped] = co_await listener->pause.async_wait(kAwait);
    if (stopped) co_return;
  }
}

}  // namespace

HttpServer::HttpServer(asio::io_context& io, Handler handler, ServerLimits limits)
    : impl_(std::make_shared<Impl>(io, std::move(handler), limits)) {}

HttpServer::~HttpServer() { close(); }

Result<std::uint16_t> HttpServer::listen_tcp(const std::string& host, std::uint16_t port, bool reuse_port) {
  auto listener = open_tcp_listener(host, port, reuse_port);
  if (!listener) return listener.error();
  if (auto taken = listen_fd(listener->fd.release()); !taken) return taken.error();
  return listener->port;
}

Result<void> HttpServer::listen_unix(const std::string& path) {
  auto fd = open_unix_listener(path);
  if (!fd) return fd.error();
  return listen_fd(fd->release());
}

Result<void> HttpServer::listen_fd(int fd) {
  auto listener = std::make_shared<Listener>(impl_->state->io, fd);
  boost::system::error_code error;
  listener->descriptor.non_blocking(true, error);
  if (error) return Error{ErrorKind::invalid, "listen_failed", "the descriptor cannot be listened on"};
  impl_->listeners.push_back(listener);
  asio::co_spawn(impl_->state->io.get_executor(), accept_loop(std::move(listener), impl_->state), asio::detached);
  return {};
}

void HttpServer::stop_accepting() {
  impl_->state->stopping = true;
  for (auto& listener : impl_->listeners) {
    boost::system::error_code ignored;
    listener->descriptor.close(ignored);
    listener->pause.cancel();
  }
  impl_->listeners.clear();
  for (auto* connection : impl_->state->connections)
    if (connection->idle()) connection->close();
}

std::size_t HttpServer::active_requests() const { return impl_->state->active; }

void HttpServer::close() {
  stop_accepting();
  for (auto* connection : impl_->state->connections) connection->close();
}

}  // namespace wye::net
