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
class Computer;
class Files;
class Logs;
class Playwright;
class Processes;
class Repl;

/// The order of events, by `seq`.
enum class EventOrder : std::uint8_t { asc, desc };
/// Returns the API's word: "asc" or "desc".
[[nodiscard]] std::string_view to_string(EventOrder order);

/// The parameters of `telemetry/events` (wire-api §3). Times are RFC 3339, or durations such as "5m" before
/// now. With nothing set, the last five minutes; `offset = 1` selects all events.
struct EventsQuery {
  std::optional<std::int64_t> limit;        ///< Events in each page, 1–100. Absent: 20.
  std::optional<std::int64_t> offset;       ///< A cursor, < 2^53; 1 = from the first event.
  std::optional<std::string> since, until;  ///< `since` is inclusive, `until` exclusive.
  std::optional<EventOrder> order;          ///< Absent: oldest first.
  std::vector<std::string> categories;      ///< Only these, at most 32; empty = all.
};

/// A browser's events, live and past. Like the client that made it, thread-safe and cheap to copy.
class Telemetry {
 public:
  explicit Telemetry(std::shared_ptr<ClientCore> core) : core_(std::move(core)) {}
  /// Opens the live stream, straight at the VM where a route is known. A gone browser is `not_found` with the
  /// code `browser_gone` (routing-contract §5). The timeout of `call` bounds only the opening, its `stop` the
  /// whole stream.
  Result<TelemetryStream> stream(const std::string& id_or_name, StreamOptions stream = {},
                                 CallOptions call = {}) const;
  /// Reads the VM's events while it lives, the archive's afterwards: each event once, even when the browser
  /// ends in between (routing-contract §4, §7). `call` applies to each page.
  [[nodiscard]] Pager<TelemetryEnvelope> events(const std::string& id_or_name, EventsQuery query = {},
                                                CallOptions call = {}) const;

 private:
  std::shared_ptr<ClientCore> core_;
};

/// The browsers that a list shows.
enum class BrowserStatus : std::uint8_t {
  active,   ///< Those that run.
  deleted,  ///< Those that have ended, while the server keeps their record.
  all,      ///< Both.
};
/// Returns the API's word, e.g. "deleted".
[[nodiscard]] std::string_view to_string(BrowserStatus status);

/// Selects the browsers that a list shows (wire-api §1, §2). An absent field does not restrict it.
struct ListQuery {
  std::optional<std::int64_t> limit;        ///< Browsers in each page, 1–100. Absent: 20.
  std::optional<BrowserStatus> status;      ///< Absent: active.
  std::optional<std::string> query;         ///< A case-insensitive substring of the name, or an exact id.
  std::map<std::string, std::string> tags;  ///< Browsers must have all of these.
};

/// A request that the browser makes, whose answer is the target's own (vm-api §5; docs/curl.md).
struct FetchRequest {
  std::string method = "GET";              ///< GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS.
  HeaderFields headers;                    ///< The target sees these, and none of the SDK's.
  std::string body;                        ///< Any bytes, at most 64 MiB.
  BodySource body_stream;                  ///< Instead of `body`.
  std::optional<std::int64_t> timeout_ms;  ///< Until the target's head, 1000–60000. Absent: 30000.
};

/// Calls about browsers (wire-api §2). Like the client that made it, thread-safe and cheap to copy. An HTTP
/// status of 400 or more is an `Error` of its kind, with the API's code and message.
class Browsers {
 public:
  explicit Browsers(std::shared_ptr<ClientCore> core) : core_(std::move(core)) {}
  /// Creates a browser and returns once its DevTools answer; from then on its route is known. The request is
  /// sent again only when no part of it can have been executed.
  Result<Reached<Browser>> create(const BrowserCreate& create = {}, CallOptions call = {}) const;
  /// Reads one browser. One that has ended is `not_found`, unless `include_deleted` is set.
  Result<Reached<Browser>> retrieve(const std::string& id_or_name, bool include_deleted = false,
                                    CallOptions call = {}) const;
  /// Changes a browser and returns it as it then is.
  Result<Reached<Browser>> update(const std::string& id_or_name, const BrowserUpdate& update,
                                  CallOptions call = {}) const;
  /// Lists browsers page by page, newest first. `call` applies to each page.
  [[nodiscard]] Pager<Browser> list(ListQuery query = {}, CallOptions call = {}) const;
  /// Ends the browser (`delete` is a keyword). When it returns, the browser's telemetry is archived.
  Result<RouteInfo> remove(const std::string& id_or_name, CallOptions call = {}) const;
  /// Sends a request through the browser's own network stack, with its cookies. Returns the whole answer,
  /// whatever the target's status.
  Result<Reached<CurlResponse>> curl(const std::string& id_or_name, const CurlRequest& request,
                                     CallOptions call = {}) const;
  /// Does the same, streamed in both directions, with the target's answer unchanged. `url` must be absolute,
  /// http or https. Needs a known route (`no_route` otherwise: create or retrieve the browser first). Never
  /// retried, and never sent through the control plane (routing-contract §5).
  Result<ResponseStream> fetch(const std::string& id_or_name, const std::string& url,
                               const FetchRequest& request = {}, CallOptions call = {}) const;
  [[nodiscard]] Telemetry telemetry() const { return Telemetry(core_); }  ///< Calls about their events.
  [[nodiscard]] Processes process() const;      ///< Commands in their VMs: wye/browser_processes.h.
  [[nodiscard]] Files fs() const;               ///< Files in their VMs: wye/browser_files.h.
  [[nodiscard]] Playwright playwright() const;  ///< Playwright in their VMs: wye/browser_playwright.h.
  [[nodiscard]] Computer computer() const;      ///< Their mouse, keyboard, screen: wye/browser_computer.h.
  [[nodiscard]] Repl repl() const;              ///< JavaScript with a memory: wye/browser_repl.h.
  [[nodiscard]] Logs logs() const;              ///< Logs of their VMs: wye/browser_logs.h.

 private:
  std::shared_ptr<ClientCore> core_;
};

}  // namespace wye
