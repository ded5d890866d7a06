#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "net/connection_limits.h"
#include "net/exchange.h"
#include "wye/result.h"

namespace wye::net {

using ServerLimits = ConnectionLimits;

/// What a server has counted.
struct ServerTotals {
  std::uint64_t connections = 0;                               ///< Open now.
  std::uint64_t refused_connections = 0, starved_accepts = 0;  ///< Refused, or ended to make room.
  std::uint64_t bad_requests = 0, bad_versions = 0;  ///< No valid HTTP, or not in time: 4xx, and 5xx.
};

/// HTTP/1.1 on TCP or unix sockets. Connections live on the given io_context; every call is made on its
/// thread (or before it runs).
class HttpServer {
 public:
  HttpServer(boost::asio::io_context& io, Handler handler, ServerLimits limits = {});
  ~HttpServer();
  /// Makes clients speak TLS; call it before listening. `identity` must outlive the server.
  void use_tls(const class TlsIdentity& identity);
  /// Listens, and returns the port in use; 0 picks a free one. With `reuse_port`, several io_contexts share
  /// one address.
  Result<std::uint16_t> listen_tcp(const std::string& host, std::uint16_t port, bool reuse_port = false);
  Result<void> listen_unix(const std::string& path);
  /// Takes over a listening socket.
  Result<void> listen_fd(int fd);
  /// Stops accepting and closes idle connections. `active_requests()` is 0 once no request is under way.
  void stop_accepting();
  [[nodiscard]] std::size_t active_requests() const;
  /// Callable on any thread.
  [[nodiscard]] ServerTotals totals() const;
  /// Breaks the connections that are still open.
  void close();

 private:
  struct Impl;
  std::shared_ptr<Impl>
      impl_;  // shared with the connections, which may outlive the server object by one turn
};

}  // namespace wye::net
