#include "net/http_server.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "net/acceptor.h"
#include "net/http_connection.h"
#include "net/socket_address.h"

namespace wye::net {

namespace asio = boost::asio;

namespace {

bool admit(const std::shared_ptr<ServerState>& state, UniqueFd& fd, const std::string& peer) {
  DescriptorBudget::Place place;
  if (!state->take_place(place) && !(state->make_room(peer) && state->take_place(place))) return false;
  auto socket = adopt_socket(state->io, std::move(fd));
  if (!socket.is_open()) return true;
  auto connection = std::make_shared<HttpConnection>(std::move(socket), state, std::move(place), peer);
  auto run = [](std::shared_ptr<HttpConnection> self) -> Task<> { co_await self->run(); };
  asio::co_spawn(state->io.get_executor(), run(std::move(connection)), asio::detached);
  return true;
}

}  // namespace

struct HttpServer::Impl {
  Impl(asio::io_context& io, Handler handler, ServerLimits limits)
      : state(std::make_shared<ServerState>(io, std::move(handler), limits)),
        acceptor(
            io, {.admit = [state = state](UniqueFd& fd,
                                          const std::string& peer) { return admit(state, fd, peer); },
                 .make_room = [state = state](const std::string& peer) { return state->make_room(peer); }}) {}
  std::shared_ptr<ServerState> state;  // shared with the connections
  Acceptor acceptor;
};

HttpServer::HttpServer(asio::io_context& io, Handler handler, ServerLimits limits)
    : impl_(std::make_shared<Impl>(io, std::move(handler), limits)) {}

HttpServer::~HttpServer() { close(); }

Result<std::uint16_t> HttpServer::listen_tcp(const std::string& host, std::uint16_t port, bool reuse_port) {
  auto listener = open_tcp_listener(host, port, reuse_port);
  if (!listener) return listener.error();
  if (auto taken = impl_->acceptor.listen(std::move(listener->fd)); !taken) return taken.error();
  return listener->port;
}

void HttpServer::use_tls(const TlsIdentity& identity) {
  const auto& limits = impl_->state->limits;
  impl_->acceptor.use_tls(identity,
                          {.descriptors = limits.descriptors, .handshake_within = limits.head_timeout});
}

Result<void> HttpServer::listen_unix(const std::string& path) {
  auto fd = open_unix_listener(path);
  if (!fd) return fd.error();
  return impl_->acceptor.listen(std::move(*fd));
}

Result<void> HttpServer::listen_fd(int fd) { return impl_->acceptor.listen(UniqueFd(fd)); }

void HttpServer::stop_accepting() {
  impl_->acceptor.close();
  impl_->state->stop();
}

std::size_t HttpServer::active_requests() const { return impl_->state->active.value(); }

ServerTotals HttpServer::totals() const {
  const auto& state = *impl_->state;
  return {.connections = state.open.value(),
          .refused_connections = impl_->acceptor.refused().value() + state.gave_way.value(),
          .starved_accepts = impl_->acceptor.starved().value(),
          .bad_requests = state.bad_requests.value(),
          .bad_versions = state.bad_versions.value()};
}

void HttpServer::close() {
  stop_accepting();
  impl_->state->close_all();
  impl_->acceptor.end_clients();
}

}  // namespace wye::net
