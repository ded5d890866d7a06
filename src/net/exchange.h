#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <span>

#include "base/unique_fd.h"
#include "net/http_message.h"
#include "wye/result.h"

namespace wye::net {

template <class T = void>
using Task = boost::asio::awaitable<T, boost::asio::io_context::executor_type>;

/// A connection taken over after an upgrade: bytes in both directions, no framing of ours.
class ByteStream {
 public:
  virtual ~ByteStream() = default;
  /// Reads; 0 = the other side has ended. Bytes that came behind the request's head are read first.
  virtual Task<Result<std::size_t>> read_some(std::span<char> out) = 0;
  virtual Task<Result<void>> write(std::string_view bytes) = 0;
  /// Sends what is taken at once, and returns whether that was all of it. For a last word, when nothing is
  /// awaited any longer.
  virtual bool write_now(std::string_view) { return false; }
  /// Returns the socket, for what is sent over it beside bytes; −1 where there is none.
  [[nodiscard]] virtual int native_handle() const { return -1; }
  struct Released {
    UniqueFd socket;
    std::string unread;
  };
  /// Gives the socket away, with the bytes that were read and not yet asked for; the stream is over. Returns
  /// nothing where the stream is no socket.
  virtual Released release() { return {}; }
  /// Ends writing; reads go on.
  virtual void shutdown_write() = 0;
  /// Ends pending reads and writes, as the destructor does.
  virtual void close() = 0;
};

/// One request on one connection, and its answer. Lives on the connection's io_context; its handler is the
/// only user. A handler that returns without having answered is answered with 500. When the client goes away,
/// reads and writes fail and `client_gone()` returns: stop the work then.
class Exchange {
 public:
  virtual ~Exchange() = default;
  [[nodiscard]] virtual const RequestHead& head() const = 0;

  /// Reads the whole body; `invalid` with status 413 (`payload_too_large`) beyond `limit` bytes.
  virtual Task<Result<std::string>> read_body(std::size_t limit) = 0;
  /// Reads the next piece of the body; 0 = complete. A body cut short is `disconnected`.
  virtual Task<Result<std::size_t>> read_some(std::span<char> out) = 0;

  /// Sends a whole answer at once.
  virtual Task<Result<void>> respond(Response response) = 0;
  /// Sends the head of a streamed answer: chunked unless `Content-Length` is given. HEAD, 204 and 304 have no
  /// body.
  virtual Task<Result<void>> start(int status, Headers headers) = 0;
  /// Sends bytes at once; waits while the client does not read (back-pressure).
  virtual Task<Result<void>> write(std::string_view bytes) = 0;
  virtual Task<Result<void>> finish() = 0;
  /// Breaks the connection, so that a short body never looks complete.
  virtual void abort() = 0;
  [[nodiscard]] virtual bool started() const = 0;

  /// Returns the connection itself, for a proxy that passes bodies on in their framing.
  virtual class ClientConnection& connection() = 0;
  /// Takes the connection over (after an upgrade was checked); the 101 is written by the caller to the
  /// stream.
  virtual std::unique_ptr<ByteStream> hijack() = 0;
  /// Returns when the client closed or reset the connection. Use with `||`; cancellable.
  virtual Task<void> client_gone() = 0;
  /// Does the same as a call, once, until `unwatch()` or the handler's return. There is one watch at a time:
  /// this and `client_gone()` end each other.
  virtual void watch(std::function<void()> gone) = 0;
  virtual void unwatch() = 0;

  /// Says that the client may be here: from now on its connection does not give way to newcomers when the
  /// server is full.
  virtual void welcome() = 0;
};

using Handler = std::function<Task<void>(Exchange&)>;

}  // namespace wye::net
