#pragma once

#include <memory>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "routing/routed_transport.h"
#include "sdk/pause.h"
#include "wye/client.h"

namespace wye {

/// What a client takes from the world around it; tests replace it. Deadlines are points on `clock`'s steady
/// time. A socket measures them against the system's clock, so a `clock` that runs ahead never times out on a
/// socket.
struct ClientWorld {
  std::shared_ptr<Clock> clock = std::make_shared<SystemClock>();  // shared with the test that moves it
  std::shared_ptr<Random> random = std::make_shared<SystemRandom>();
  std::shared_ptr<sdk::Pause> pause = std::make_shared<sdk::RealPause>();
  std::function<const char*(const char* name)> environment;  ///< Absent: the environment of the process.
};

/// What copies of a client share. Thread-safe.
class ClientCore {
 public:
  /// The most that `request` and the typed calls read of a body.
  static constexpr std::size_t kMaxWholeBody = 256u << 20;

  explicit ClientCore(ClientOptions options, ClientWorld world = {});

  /// Sends the request and returns its answer, whatever the status; retries as sdk/retry says. The body has
  /// the call's deadline unless `endless_body`.
  Result<ResponseStream> open(const Request& request, const CallOptions& call, bool endless_body);
  Result<Response> request(const Request& request, const CallOptions& call);
  /// Returns a 2xx answer; any other status is the `Error` that it means.
  Result<Response> expect_success(const Request& request, const CallOptions& call);
  /// Sends a raw fetch: one attempt.
  Result<ResponseStream> fetch(const std::string& id_or_name, const Request& request, std::string_view query,
                               const CallOptions& call);
  /// Returns the error that an answer means.
  [[nodiscard]] Error error_of(int status, const HeaderFields& headers, std::string_view body) const;

  [[nodiscard]] const routing::RouteCache& routes() const { return cache_; }
  /// Returns the session that an id or a name leads to, where its route is known; else "".
  [[nodiscard]] std::string session_of(const std::string& id_or_name);
  [[nodiscard]] const std::string& base_url() const { return *options_.base_url; }
  [[nodiscard]] std::chrono::milliseconds timeout() const { return options_.timeout; }
  [[nodiscard]] sdk::Pause& pause() { return *world_.pause; }
  [[nodiscard]] Random& random() { return *world_.random; }

 private:
  [[nodiscard]] routing::Limits limits(const CallOptions& call, bool endless_body) const;
  [[nodiscard]] routing::TransportOptions transport_options() const;
  bool pause_before_retry(int retry, const Result<ResponseStream>& answer, bool at_once,
                          const routing::Limits& limits);

  ClientWorld world_;
  ClientOptions options_;
  Log log_;
  routing::RouteCache cache_;
  net::HttpClient http_;
  routing::RoutedTransport transport_;
};

}  // namespace wye
