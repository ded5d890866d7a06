#pragma once

#include <memory>
#include <optional>
#include <string>

#include "net/wire_request.h"

namespace wye::net {

/// The answer's head, and its body, which the caller pulls. Dropping it closes the connection unless the body
/// was complete.
class WireResponse : public ResponseStream::Source {
 public:
  int status = 0;
  HeaderFields headers;
  /// Makes `read` fail with `timed_out` once this time has passed; without a time it waits as long as the
  /// body takes.
  virtual void set_body_deadline(std::optional<std::chrono::steady_clock::time_point> deadline) = 0;
};

/// A blocking HTTP/1.1 and 2 client on libcurl. A pool of slots, last used first, keeps connections.
/// Thread-safe; the answers share the pool and give their slot back. A request is sent once: what fails on a
/// kept connection is not sent again here, since it may have run.
class HttpClient {
 public:
  struct Options {
    std::string ca_file;  ///< Authorities in PEM that are trusted besides the system's; "" = none.
    /// Absent: the environment decides (`http_proxy`, `https_proxy`, `all_proxy`, `no_proxy`); "" = none;
    /// else the URL of the proxy. This machine's loopback is never reached by a proxy.
    std::optional<std::string> proxy;
  };
  HttpClient() : HttpClient(Options{}) {}
  explicit HttpClient(Options options);
  ~HttpClient();
  /// Errors: `invalid` (see check_wire_request), `timed_out`, `cancelled`, and `disconnected` by code:
  /// `connect_failed`, `tls_failed` (no byte of the request was sent), `kept_connection_closed` (a kept
  /// connection ended before a byte of the answer), `connection_failed`, `body_cut`, `headers_too_large`,
  /// `bad_answer`.
  Result<std::unique_ptr<WireResponse>> send(const WireRequest& request);

 private:
  const Options options_;
  std::shared_ptr<class SlotPool> pool_;
};

}  // namespace wye::net
