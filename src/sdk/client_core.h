#pragma once

#include <memory>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "routing/routed_transport.h"
#include "wye/client.h"

namespace wye {

/// What copies of a client share.
class ClientCore {
 public:
  explicit ClientCore(ClientOptions options);

  /// Any status is an answer; retried as sdk/retry says.
  Result<ResponseStream> open(const Request& request, const CallOptions& call, bool stream = false);
  Result<Response> request(const Request& request, const CallOptions& call);
  /// A 2xx answer's body; any other status as the `Error` it means.
  Result<Response> expect_success(const Request& request, const CallOptions& call);

  [[nodiscard]] routing::RoutedTransport& transport() { return *transport_; }
  [[nodiscard]] routing::RouteCache& routes() { return *cache_; }
  [[nodiscard]] const ClientOptions& options() const { return options_; }
  [[nodiscard]] const std::string& base_url() const { return *options_.base_url; }
  [[nodiscard]] routing::RoutedTransport::Limits limits(const CallOptions& call, bool stream) const;
  /// Waits; `cancelled` or `timed_out` when that comes first.
  static Result<void> pause(std::chrono::milliseconds time, const routing::RoutedTransport::Limits& limits);
  [[nodiscard]] Random& random() { return random_; }

 private:
  ClientOptions options_;
  SystemClock clock_;
  SystemRandom random_;
  Log log_;
  std::shared_ptr<routing::RouteCache> cache_;
  std::unique_ptr<routing::RoutedTransport> transport_;
};

/// Reads a stream to its end; `overloaded` beyond `limit`.
[[nodiscard]] Result<std::string> read_whole(ResponseStream& stream, std::size_t limit);
/// The error that a non-2xx answer means.
[[nodiscard]] Error error_of_answer(int status, const HeaderFields& headers, std::string_view body);

}  // namespace wye
