#include "net/socket.h"

#include <sys/socket.h>

#include <boost/asio/error.hpp>
#include <cerrno>

namespace wye::net {

namespace asio = boost::asio;

Socket adopt_socket(asio::io_context& io, UniqueFd fd) {
  Socket socket(io.get_executor());
  int family = AF_UNIX;
  socklen_t size = sizeof(family);
  ::getsockopt(fd.get(), SOL_SOCKET, SO_DOMAIN, &family, &size);
  boost::system::error_code error;
  socket.assign(asio::generic::stream_protocol(family, 0), fd.get(), error);
  if (!error) (void)fd.release();
  return socket;
}

bool send_now(int fd, std::span<iovec>& parts) {
  while (!parts.empty() && parts.front().iov_len == 0) parts = parts.subspan(1);
  while (!parts.empty() && parts.back().iov_len == 0) parts = parts.first(parts.size() - 1);
  while (!parts.empty()) {
    ssize_t sent = 0;
    if (parts.size() == 1) {
      sent = ::send(fd, parts.front().iov_base, parts.front().iov_len, MSG_NOSIGNAL | MSG_DONTWAIT);
    } else {
      msghdr message{};
      message.msg_iov = parts.data();
      message.msg_iovlen = parts.size();
      sent = ::sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    }
    if (sent < 0) {
      if (errno == EINTR) continue;
      return errno == EAGAIN || errno == EWOULDBLOCK;
    }
    auto left = static_cast<std::size_t>(sent);
    while (!parts.empty() && left >= parts.front().iov_len) {
      left -= parts.front().iov_len;
      parts = parts.subspan(1);
    }
    if (left > 0) {
      parts.front().iov_base = static_cast<char*>(parts.front().iov_base) + left;
      parts.front().iov_len -= left;
    }
  }
  return true;
}

bool send_now(int fd, std::string_view bytes) {
  iovec one = part(bytes);
  std::span<iovec> parts(&one, 1);
  return send_now(fd, parts) && parts.empty();
}

Task<Result<void>> send_all(Socket& socket, std::span<iovec> parts) {
  while (true) {
    if (!socket.is_open()) co_return connection_error(asio::error::operation_aborted);
    if (!send_now(socket.native_handle(), parts)) co_return connection_error(asio::error::broken_pipe);
    if (parts.empty()) co_return Result<void>();
    const auto [error] = co_await socket.async_wait(Socket::wait_write, kAwait);
    if (error) co_return connection_error(error);
  }
}

Task<Result<void>> send_all(Socket& socket, std::string_view bytes) {
  iovec one = part(bytes);
  co_return co_await send_all(socket, std::span<iovec>(&one, 1));
}

Error connection_error(const boost::system::error_code& error) {
  if (error == asio::error::operation_aborted)
    return {ErrorKind::cancelled, "cancelled", "the operation was ended"};
  if (error == asio::error::eof)
    return {ErrorKind::disconnected, "disconnected", "the other side closed the connection"};
  return {ErrorKind::disconnected, "disconnected", "the connection was lost"};
}

}  // namespace wye::net
