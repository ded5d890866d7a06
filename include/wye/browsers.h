#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wye/browser.h"
#include "wye/http.h"
#include "wye/pager.h"
#include "wye/result.h"
#include "wye/telemetry.h"
#include "wye/telemetry_stream.h"

namespace wye {

class ClientCore;

enum class EventOrder : std::uint8_t { asc, desc };  ///< By `seq`.
/// The word of the API: "asc" or "desc".
[[nodiscard]] std::string_view to_string(EventOrder order);

/// The parameters of `telemetry/events`; times are RFC 3339 or durations such as "5m". With nothing set: the
/// last five minutes. Everything there is: `offset = 1`.
struct EventsQuery {
  std::optional<std::int64_t> limit;        ///< Of a page, 1–100.
  std::optional<std::int64_t> offset;       ///< A cursor; 1 = from the first event.
  std::optional<std::string> since, until;  ///< `until` is exclusive.
  std::optional<EventOrder> order;          ///< Absent: the server's, oldest first.
  std::vector<std::string> categories;      ///< Only these; empty = all.
};

/// What a browser's telemetry says, live and past. Like the client it came from, thread-safe and cheap to
/// copy.
class Telemetry {
 public:
  explicit Telemetry(std::shared_ptr<ClientCore> core) : core_(std::move(core)) {}
  /// Opens straight to the VM where a route is known. A gone browser is `not_found` with code `browser_gone`.
  /// `call`'s timeout is for the opening alone, its `stop` for the whole stream.
  Result<TelemetryStream> stream(const std::string& id_or_name, StreamOptions stream = {},
                                 CallOptions call = {}) const;
  /// The VM's events while it lives, the archive's afterwards: each event once, also when the browser ends in
  /// between. `call` holds for each page.
  [[nodiscard]] Pager<TelemetryEnvelope> events(const std::string& id_or_name, EventsQuery query = {},
                                                CallOptions call = {}) const;

 private:
  std::shared_ptr<ClientCore> core_;
};

/// Which browsers a listing holds.
enum class BrowserStatus : std::uint8_t {
  active,   ///< Those that run.
  deleted,  ///< Those that have ended, while the server keeps their record.
  all,
};
/// The word of the API, e.g. "deleted".
[[nodiscard]] std::string_view to_string(BrowserStatus status);

/// Which browsers a list holds. What is absent narrows nothing.
struct ListQuery {
  std::optional<std::int64_t> limit;    ///< Of a page, 1–100.
  std::optional<BrowserStatus> status;  ///< Absent: the server's, active.
  std::optional<std::string> query;     ///< Substring of the name, or an id.
  std::map<std::string, std::string> tags;
};

/// A request that the browser makes, whose target answers itself.
struct FetchRequest {
  std::string method = "GET";
  HeaderFields headers;  ///< The target sees these, and none of the SDK's.
  std::string body;
  BodySource body_stream;                  ///< Instead of `body`.
  std::optional<std::int64_t> timeout_ms;  ///< The browser's own limit, 1000–60000.
};

/// Browsers and what is done with them. Like the client it came from, thread-safe and cheap to copy. An HTTP
/// status of 400 and more is an `Error` of its kind, with the API's code and message.
class Browsers {
 public:
  explicit Browsers(std::shared_ptr<ClientCore> core) : core_(std::move(core)) {}
  /// A browser whose DevTools answer. Its route is known from here on. Sent again only when nothing of it can
  /// have run.
  Result<Reached<Browser>> create(const BrowserCreate& create = {}, CallOptions call = {}) const;
  Result<Reached<Browser>> retrieve(const std::string& id_or_name, bool include_deleted = false,
                                    CallOptions call = {}) const;
  Result<Reached<Browser>> update(const std::string& id_or_name, const BrowserUpdate& update,
                                  CallOptions call = {}) const;
  /// Pages as a range, newest first; `call` holds for each page.
  [[nodiscard]] Pager<Browser> list(ListQuery query = {}, CallOptions call = {}) const;
  /// Ends the browser (`delete` is a word of the language's). When it returns, its telemetry is archived.
  Result<RouteInfo> remove(const std::string& id_or_name, CallOptions call = {}) const;
  /// Through the browser's own network stack, with its cookies; the answer as a value, whatever its status.
  Result<Reached<CurlResponse>> curl(const std::string& id_or_name, const CurlRequest& request,
                                     CallOptions call = {}) const;
  /// The same, streamed both ways, the target's answer untouched. Needs a known route (`no_route` otherwise:
  /// create or retrieve the browser first); an absolute http or https URL only; never sent again, never
  /// another way.
  Result<ResponseStream> fetch(const std::string& id_or_name, const std::string& url,
                               const FetchRequest& request = {}, CallOptions call = {}) const;
  [[nodiscard]] Telemetry telemetry() const { return Telemetry(core_); }

 private:
  std::shared_ptr<ClientCore> core_;
};

}  // namespace wye
