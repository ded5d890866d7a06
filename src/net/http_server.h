#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "net/descriptor_budget.h"
#include "net/exchange.h"
#include "wye/result.h"

namespace wye::net {

/// Bounds of a server; what exceeds them is answered 4xx and closed.
struct ServerLimits {
  std::size_t head_bytes = 32 * 1024;       ///< Request line and headers; 431 beyond.
  std::size_t connections = 12'000;         ///< Beyond, one gives way, or new ones are answered in the lobby.
  DescriptorBudget* descriptors = nullptr;  ///< The same beyond it; null: no such bound.
  /// From the first byte of a head to its end; 408. For a connection's first request from its beginning on,
  /// and for a TLS handshake.
  std::chrono::milliseconds head_timeout{10'000};
  /// A client that has just come does not give way before it could say anything.
  std::chrono::milliseconds time_to_speak{200};
  std::chrono::milliseconds idle_timeout{120'000};  ///< Between requests of a kept-alive connection.
  std::chrono::milliseconds body_timeout{60'000};   ///< Between two pieces of a request's body.
  /// For a body that is read as a whole, and for one that nobody reads: pieces in time could go on for ever.
  std::chrono::milliseconds whole_body_timeout{300'000};
  std::chrono::milliseconds write_timeout{60'000};  ///< For a client that does not read its answer.
};

/// What a server has counted.
struct ServerTotals {
  std::uint64_t connections = 0;                               ///< Open now.
  std::uint64_t refused_connections = 0, starved_accepts = 0;  ///< Refused, or ended to make room.
  std::uint64_t bad_requests = 0, bad_versions = 0;  ///< No valid HTTP, or not in time: 4xx, and 5xx.
};

/// HTTP/1.1 on TCP or unix sockets. Connections live on the io_context given; every call is made on its
/// thread (or before it runs).
class HttpServer {
 public:
  HttpServer(boost::asio::io_context& io, Handler handler, ServerLimits limits = {});
  ~HttpServer();
  /// Before listening: clients speak TLS. `identity` must outlive the server.
  void use_tls(const class TlsIdentity& identity);
  /// Port 0 picks a free one; the port in use is returned. With `reuse_port`, several io_contexts share one
  /// address.
  Result<std::uint16_t> listen_tcp(const std::string& host, std::uint16_t port, bool reuse_port = false);
  Result<void> listen_unix(const std::string& path);
  /// Takes over a listening socket.
  Result<void> listen_fd(int fd);
  /// Stops accepting and closes idle connections; `true` from `drained()` when no request is under way.
  void stop_accepting();
  [[nodiscard]] std::size_t active_requests() const;
  /// On any thread.
  [[nodiscard]] ServerTotals totals() const;
  /// Breaks what is still open.
  void close();

 private:
  struct Impl;
  std::shared_ptr<Impl>
      impl_;  // shared with the connections, which may outlive the server object by one turn
};

}  // namespace wye::net
