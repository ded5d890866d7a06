#pragma once

#include <memory>
#include <string>

#include "net/http_message.h"
#include "wye/http.h"

namespace wye::net {

/// One request on the wire: no credentials, redirects or retries of its own.
struct WireRequest {
  std::string method = "GET";
  std::string url;
  HeaderFields headers;
  const std::string* body = nullptr;  ///< Must live until the answer's head is there.
  const std::function<Result<std::size_t>(std::span<char>)>* body_stream = nullptr;
  std::chrono::steady_clock::time_point deadline;  ///< For the head; then `body_deadline` counts.
  std::optional<std::chrono::steady_clock::time_point> body_deadline;
  std::stop_token stop;
};

/// The answer's head, and its body as it is pulled. Dropping it closes the connection unless the body was
/// complete.
class WireResponse : public ResponseStream::Source {
 public:
  int status = 0;
  HeaderFields headers;
};

/// Blocking HTTP/1.1 and 2 on libcurl. A pool of slots, last used first, keeps connections; thread-safe.
class HttpClient {
 public:
  HttpClient();
  ~HttpClient();
  /// Errors: `invalid` (header, method or URL that must not be sent), `connect_failed` (nothing was sent),
  /// `connection_failed`, `timed_out`, `cancelled`, `headers_too_large`.
  Result<std::unique_ptr<WireResponse>> send(const WireRequest& request);

  struct Pool;

 private:
  std::shared_ptr<Pool> pool_;  // shared with responses, which give their slot back
};

/// Refuses what libcurl would send as it is: line breaks in values, names and methods that are no tokens,
/// control characters.
[[nodiscard]] Result<void> check_wire_request(const WireRequest& request);

}  // namespace wye::net
