#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "wye/browser.h"
#include "wye/http.h"
#include "wye/pager.h"
#include "wye/result.h"
#include "wye/telemetry.h"

namespace wye {

class ClientCore;

/// Whether requests may go direct when an answer says a path of a browser may be read from elsewhere once it
/// is gone. `tail` is what follows `browsers/{id}/`, e.g. `telemetry/events`.
[[nodiscard]] bool is_fallback_eligible(std::string_view tail);

/// What is not set comes from the environment, then from the default.
struct ClientOptions {
  std::optional<std::string> api_key;  ///< `KERNEL_API_KEY`.
  std::optional<std::string>
      base_url;  ///< `KERNEL_BASE_URL`; default http://127.0.0.1:7711, where `wye serve` listens.
  /// Path prefixes below `browsers/{id}/` that may go straight to the VM.
  /// `KERNEL_BROWSER_ROUTING_SUBRESOURCES` (comma-separated, blank = none); default curl, telemetry,
  /// computer, playwright, process, fs, logs/stream. Empty = routing off.
  std::optional<std::vector<std::string>> routing_subresources;
  bool refresh_stale_routes = false;  ///< A 401 or 403 of a VM is asked once more at the control plane.
  int max_retries = 2;                ///< After the first attempt.
  std::chrono::milliseconds timeout{60'000};  ///< Of a call, retries included.
  std::size_t route_cache_size = 10'000;      ///< Sessions.
  std::optional<std::string>
      log;  ///< `KERNEL_LOG`: debug, info, warn, error, off (default). To standard error, redacted.
};

/// A session whose VM is known, as the route cache has it; without its JWT.
struct KnownRoute {
  std::string session_id;
  std::string base_url;
  std::vector<std::string> names;
  std::int64_t expires_at = 0;  ///< Seconds since the epoch; 0 = not by time.
};

/// A value and how it was reached.
struct StreamOptions {
  std::optional<std::int64_t> last_event_id;  ///< Go on behind this `seq`.
  bool replay_all = false;                    ///< Begin at the oldest retained event instead of now.
  /// Reopen when the connection drops, behind the last `seq` seen, deciding anew each time; a 404 then is the
  /// end.
  bool auto_resume = false;
  int max_resumes = 10;  ///< In a row without an event.
};

/// A live telemetry stream, pulled. One thread at a time; destroying it closes the connection.
class TelemetryStream {
 public:
  struct State;
  explicit TelemetryStream(std::shared_ptr<State> state) : state_(std::move(state)) {}
  /// The next event; nothing when the session ended. Waits without limit; the call's `stop` ends it.
  Result<std::optional<TelemetryEnvelope>> next();
  /// Events that are known to have been missed: gaps in `seq`, and what the server said it dropped.
  [[nodiscard]] std::int64_t missed() const;
  [[nodiscard]] const RouteInfo& route() const;

 private:
  std::shared_ptr<State> state_;
};

/// The parameters of `telemetry/events`; times are RFC 3339 or durations such as "5m".
struct EventsQuery {
  std::optional<std::int64_t> limit;   ///< Of a page, 1–100.
  std::optional<std::int64_t> offset;  ///< A cursor; 1 = from the first event.
  std::optional<std::string> since, until;
  std::optional<std::string> order;  ///< `asc` or `desc`.
  std::vector<std::string> categories;
};

class Telemetry {
 public:
  explicit Telemetry(std::shared_ptr<ClientCore> core) : core_(std::move(core)) {}
  /// Opens straight to the VM where a route is known. A gone browser is `not_found` with code `browser_gone`.
  Result<TelemetryStream> stream(const std::string& id_or_name, StreamOptions stream = {},
                                 CallOptions call = {}) const;
  /// The VM's events while it lives, the archive's afterwards: each event once, also when the browser ends in
  /// between.
  [[nodiscard]] Pager<TelemetryEnvelope> events(const std::string& id_or_name, EventsQuery query = {},
                                                CallOptions call = {}) const;

 private:
  std::shared_ptr<ClientCore> core_;
};

struct ListQuery {
  std::optional<std::int64_t> limit;  ///< Of a page, 1–100.
  std::optional<std::string> status;  ///< `active`, `deleted`, `all`.
  std::optional<std::string> query;   ///< Substring of the name, or an id.
  std::map<std::string, std::string> tags;
};

/// A request whose target answers itself, whatever its status.
struct FetchRequest {
  std::string method = "GET";
  HeaderFields headers;
  std::string body;
  std::function<Result<std::size_t>(std::span<char>)> body_stream;
  std::optional<std::int64_t> timeout_ms;
};

class Browsers {
 public:
  explicit Browsers(std::shared_ptr<ClientCore> core) : core_(std::move(core)) {}
  /// A browser whose DevTools answer. Its route is known from here on.
  Result<Browser> create(const BrowserCreate& create = {}, CallOptions call = {}) const;
  Result<Browser> retrieve(const std::string& id_or_name, bool include_deleted = false,
                           CallOptions call = {}) const;
  Result<Browser> update(const std::string& id_or_name, const BrowserUpdate& update,
                         CallOptions call = {}) const;
  [[nodiscard]] Pager<Browser> list(ListQuery query = {}, CallOptions call = {}) const;
  Result<void> remove(const std::string& id_or_name, CallOptions call = {}) const;
  /// Through the browser's own network stack; the answer as a value.
  Result<CurlResponse> curl(const std::string& id_or_name, const CurlRequest& request,
                            CallOptions call = {}) const;
  /// The same, streamed both ways, the target's answer untouched. Needs a known route (`no_route` otherwise);
  /// never retried.
  Result<ResponseStream> fetch(const std::string& id_or_name, const std::string& url,
                               const FetchRequest& request = {}, CallOptions call = {}) const;
  [[nodiscard]] Telemetry telemetry() const { return Telemetry(core_); }

 private:
  std::shared_ptr<ClientCore> core_;
};

/// The way in. Thread-safe; copies share connections and the route cache.
class Client {
 public:
  /// Throws `InvalidError` for a base URL that is none.
  explicit Client(ClientOptions options = {});

  [[nodiscard]] Browsers browsers() const { return Browsers(core_); }
  [[nodiscard]] Telemetry telemetry() const { return Telemetry(core_); }

  /// Any path, routed like the typed calls; any status is an answer.
  Result<Response> request(const Request& request, CallOptions call = {}) const;
  /// The same with the body pulled.
  Result<ResponseStream> open(const Request& request, CallOptions call = {}) const;

  [[nodiscard]] std::vector<KnownRoute> routes() const;
  [[nodiscard]] const std::string& base_url() const;

 private:
  std::shared_ptr<ClientCore> core_;
};

}  // namespace wye
