#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "net/endpoint.h"
#include "net/exchange.h"

// The server's own calls to an agent: each has a connection of its own, everything is bounded, and the answer
// is read as hostile.
namespace wye::net {

struct EndpointRequest {
  std::string method = "GET";
  std::string target = "/";  ///< Origin-form, already encoded.
  Headers headers;           ///< `Host`, `Content-Length` and `Connection` are set by the call.
  std::string body;
  /// For the whole answer, or for a streamed answer's head. `timed_out` afterwards.
  std::chrono::milliseconds deadline{10'000};
  /// The most of a whole answer's body; beyond it the call is `invalid` (`payload_too_large`).
  std::size_t max_answer_bytes = 8 * 1024 * 1024;
};

/// An answer whose body is still coming. Dropping it closes the connection.
class EndpointStream {
 public:
  virtual ~EndpointStream() = default;
  [[nodiscard]] virtual int status() const = 0;
  [[nodiscard]] virtual const Headers& headers() const = 0;
  /// Reads the next piece; 0 = complete. A cut body is `disconnected`; a piece that does not come within
  /// `wait` is `timed_out` (0 waits for ever).
  virtual Task<Result<std::size_t>> read_some(std::span<char> out, std::chrono::milliseconds wait) = 0;
};

/// Makes a call. Any status is an answer; otherwise it fails with `disconnected` (code `connect_failed` when
/// nobody listens) or `timed_out`. Runs on the io_context of the coroutine that awaits it; cancellable.
Task<Result<Response>> endpoint_request(Endpoint to, EndpointRequest request);
Task<Result<std::unique_ptr<EndpointStream>>> endpoint_open(Endpoint to, EndpointRequest request);

}  // namespace wye::net
