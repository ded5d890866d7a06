#include "net/tls/tls_connection.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <cerrno>

#include "net/socket_address.h"

namespace wye::net {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kPiece = 16 * 1024;  // a TLS record holds no more
constexpr std::chrono::milliseconds kPlainStay{1'000};
constexpr std::size_t kPlainDropped = 256 * 1024;
constexpr std::string_view kPlainAnswer =
    "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: 82\r\n"
    "Connection: close\r\n\r\n"
    R"({"code":"tls_required","message":"this address serves https; use an https:// URL"})";

// Belongs to the thread, not to a connection: nothing is in it while a connection waits.
std::array<char, kPiece>& scratch() {
  thread_local std::array<char, kPiece> bytes;
  return bytes;
}

}  // namespace

TlsConnection::TlsConnection(asio::io_context& io, UniqueFd client, Ssl ssl, DescriptorBudget::Place place)
    : io_(io),
      client_place_(std::move(place)),
      client_(adopt_socket(io, std::move(client))),
      ssl_(std::move(ssl)),
      deadline_(io, [this] { close(); }) {
  if (ssl_ && client_.is_open()) ::SSL_set_fd(ssl_.get(), client_.native_handle());
}

void TlsConnection::close() {
  boost::system::error_code ignored;
  client_.close(ignored);
  if (server_) server_->close(ignored);
}

void TlsConnection::spawn(Task<> task) {
  auto run = [](std::shared_ptr<TlsConnection>, Task<> work) -> Task<> { co_await std::move(work); };
  asio::co_spawn(io_.get_executor(), run(shared_from_this(), std::move(task)), asio::detached);
}

TlsConnection::Next TlsConnection::next_of(int result) const {
  switch (::SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return Next::read;
    case SSL_ERROR_WANT_WRITE:
      return Next::write;
    case SSL_ERROR_ZERO_RETURN:
      return Next::ended;
    default:
      return Next::failed;
  }
}

// Returns false when there is nothing to wait for any longer. Every call of OpenSSL checks that the socket is
// open: its number may be another's after `close()`.
Task<bool> TlsConnection::ready_for(Next next) {
  if (next != Next::read && next != Next::write) co_return false;
  const auto what = next == Next::read ? Socket::wait_read : Socket::wait_write;
  const auto [error] = co_await client_.async_wait(what, kAwait);
  co_return !error && client_.is_open();
}

Task<bool> TlsConnection::handshake(std::chrono::milliseconds within) {
  if (!ssl_ || !client_.is_open()) co_return false;
  deadline_.set(within);
  while (true) {
    ::ERR_clear_error();
    const int result = ::SSL_accept(ssl_.get());
    if (result == 1) break;
    const auto next = next_of(result);
    const bool plain = next == Next::failed && ERR_GET_REASON(::ERR_peek_error()) == SSL_R_HTTP_REQUEST;
    if (plain) co_await answer_plain();
    if (!co_await ready_for(next)) co_return false;
  }
  deadline_.clear();
  co_return true;
}

Task<> TlsConnection::answer_plain() {
  deadline_.set(kPlainStay);
  const auto sent = co_await send_all(client_, kPlainAnswer);
  if (!sent) co_return;
  boost::system::error_code ignored;
  client_.shutdown(Socket::shutdown_send, ignored);
  // Reads on, so that no reset takes the answer away.
  for (std::size_t dropped = 0; dropped < kPlainDropped;) {
    std::array<char, 4096> bytes;
    const auto [error, got] = co_await client_.async_read_some(asio::buffer(bytes), kAwait);
    if (error) co_return;
    dropped += got;
  }
}

UniqueFd TlsConnection::open(DescriptorBudget::Place place) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) != 0) return {};
  UniqueFd ours(ends[0]), theirs(ends[1]);
  for (const int end : ends) prepare_accepted(end);
  pair_place_ = std::move(place);
  server_.emplace(adopt_socket(io_, std::move(ours)));
  if (!server_->is_open()) return {};
  spawn(up());
  spawn(down());
  spawn(watch_client());
  spawn(watch_server());
  return theirs;
}

// Client to server.
Task<> TlsConnection::up() {
  while (client_.is_open()) {
    ::ERR_clear_error();
    std::size_t got = 0;
    const int result = ::SSL_read_ex(ssl_.get(), scratch().data(), kPiece, &got);
    if (result == 1) {
      iovec one = part({scratch().data(), got});
      std::span<iovec> parts(&one, 1);
      if (!send_now(server_->native_handle(), parts)) break;
      if (parts.empty()) continue;
      const std::string rest(static_cast<const char*>(one.iov_base), one.iov_len);
      const auto sent = co_await send_all(*server_, rest);
      if (!sent) break;
      continue;
    }
    const auto next = next_of(result);
    if (next == Next::ended) {
      up_ended_ = true;
      boost::system::error_code ignored;
      server_->shutdown(Socket::shutdown_send, ignored);
      if (!down_ended_) co_return;
      break;
    }
    if (!co_await ready_for(next)) break;
  }
  close();
}

// Server to client.
Task<> TlsConnection::down() {
  while (server_->is_open()) {
    const auto got = ::recv(server_->native_handle(), scratch().data(), kPiece, 0);
    if (got > 0) {
      if (!co_await send_to_client({scratch().data(), static_cast<std::size_t>(got)})) break;
      continue;
    }
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
      const auto [error] = co_await server_->async_wait(Socket::wait_read, kAwait);
      if (error) break;
      continue;
    }
    pollfd state{server_->native_handle(), 0, 0};
    const bool closed = got < 0 || (::poll(&state, 1, 0) > 0 && (state.revents & POLLHUP) != 0);
    if (closed) break;
    co_await end_sending();
    down_ended_ = true;
    if (!up_ended_) co_return;
    break;
  }
  close();
}

// `bytes` may lie in the scratch buffer: they are kept when there is something to wait for.
Task<bool> TlsConnection::send_to_client(std::string_view bytes) {
  std::string kept;
  while (client_.is_open()) {
    ::ERR_clear_error();
    std::size_t sent = 0;
    const int result = ::SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &sent);
    if (result == 1) co_return true;
    const auto next = next_of(result);
    if (kept.empty()) bytes = kept = std::string(bytes);
    sending_ = true;  // OpenSSL takes nothing else until these are sent
    if (!co_await ready_for(next)) co_return false;
    sending_ = false;
  }
  co_return false;
}

void TlsConnection::flush() {
  while (server_ && server_->is_open() && client_.is_open() && !sending_) {
    const auto got = ::recv(server_->native_handle(), scratch().data(), kPiece, 0);
    if (got <= 0) return;
    ::ERR_clear_error();
    std::size_t sent = 0;
    if (::SSL_write_ex(ssl_.get(), scratch().data(), static_cast<std::size_t>(got), &sent) != 1) return;
  }
}

Task<> TlsConnection::end_sending() {
  while (client_.is_open()) {
    ::ERR_clear_error();
    const int result = ::SSL_shutdown(ssl_.get());
    if (result >= 0) break;
    if (!co_await ready_for(next_of(result))) co_return;
  }
  boost::system::error_code ignored;
  if (client_.is_open()) client_.shutdown(Socket::shutdown_send, ignored);
}

// Notices a reset also while nothing is read because the server takes nothing.
Task<> TlsConnection::watch_client() {
  const auto [error] = co_await client_.async_wait(Socket::wait_error, kAwait);
  if (!error) close();
}

// Notices that the server is gone: what it has sent has a bounded time to arrive.
Task<> TlsConnection::watch_server() {
  const auto [error] = co_await server_->async_wait(Socket::wait_error, kAwait);
  if (!error) deadline_.set(kFlushWithin);
}

}  // namespace wye::net
