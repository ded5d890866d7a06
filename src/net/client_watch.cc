#include "net/client_watch.h"

#include <sys/socket.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <cerrno>
#include <utility>

namespace wye::net {

namespace asio = boost::asio;

std::uint64_t ClientWatch::start(std::shared_ptr<Connection> connection, std::function<void()> gone) {
  stop();
  gone_ = std::move(gone);
  wait(std::move(connection));
  return number_;
}

void ClientWatch::stop() {
  ++number_;
  if (!std::exchange(gone_, nullptr)) return;
  cancel_.emit(asio::cancellation_type::all);
}

// Bytes that cannot be taken hide the end behind them; then only a reset is seen.
void ClientWatch::wait(std::shared_ptr<Connection> connection) {
  const bool looks = !connection->room().empty();
  auto& socket = connection->socket();
  auto handler = [this, connection = std::move(connection), looks,
                  number = number_](const boost::system::error_code& error) {
    if (number == number_) woken(connection, looks, error);
  };
  socket.async_wait(looks ? Socket::wait_read : Socket::wait_error,
                    asio::bind_cancellation_slot(cancel_.slot(), std::move(handler)));
}

void ClientWatch::woken(const std::shared_ptr<Connection>& connection, bool looks,
                        const boost::system::error_code& error) {
  auto& socket = connection->socket();
  // A deadline of the connection cancels everything that waits on its socket.
  if (error == asio::error::operation_aborted && socket.is_open()) return wait(connection);
  if (!error && looks) {
    const auto room = connection->room();
    const auto got = ::recv(socket.native_handle(), room.data(), room.size(), MSG_DONTWAIT);
    if (got > 0) connection->took(static_cast<std::size_t>(got));
    if (got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR))) return wait(connection);
  }
  if (const auto call = std::exchange(gone_, nullptr)) call();
}

}  // namespace wye::net
