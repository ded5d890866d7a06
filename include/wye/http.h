#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wye/result.h"

namespace wye {

/// Header fields in the order they came.
using HeaderFields = std::vector<std::pair<std::string, std::string>>;

/// The first value of a field, names compared without case; "" when there is none.
[[nodiscard]] std::string_view header(const HeaderFields& headers, std::string_view name);

/// How an answer was reached; never holds a JWT.
struct RouteInfo {
  std::string via;  ///< `direct`: the browser's VM; `control_plane`; `elsewhere`: another origin.
  std::string
      reason;  ///< Why (routing contract §2): `direct`, `no_route`, `not_allowed`, `not_a_browser_path`,
               ///< `not_control_plane`; `browser_gone` after a fallback, `stale_route` after a refresh.
  bool fell_back = false;  ///< The VM said the browser is gone, and the answer is the control plane's.
};

/// Limits of one call. The deadline covers retries and, for streams, only the wait for the head.
struct CallOptions {
  std::optional<std::chrono::milliseconds> timeout;  ///< Absent: the client's.
  std::stop_token stop;                              ///< Cancels within a millisecond or so: `cancelled`.
  std::optional<int> max_retries;                    ///< Absent: the client's.
};

/// A request by hand, for every path that has no typed call.
struct Request {
  std::string method = "GET";
  std::string path;  ///< Below the base URL (`/browsers/…`), already percent-encoded; or an absolute URL,
                     ///< which gets no credential.
  HeaderFields headers;
  std::string body;
  /// A body that is produced while it is sent: fills the span, 0 = end. Cannot be sent again, so it is never
  /// retried.
  std::function<Result<std::size_t>(std::span<char>)> body_stream;
};

/// A whole answer. Any HTTP status is an answer, not an error.
struct Response {
  int status = 0;
  HeaderFields headers;
  std::string body;
  RouteInfo route;
};

/// An answer whose body is read as it comes. Destroying it closes the connection. One thread at a time.
class ResponseStream {
 public:
  class Source {
   public:
    virtual ~Source() = default;
    virtual Result<std::size_t> read(std::span<char> out) = 0;
  };
  ResponseStream(int status, HeaderFields headers, RouteInfo route, std::unique_ptr<Source> source)
      : status_(status), headers_(std::move(headers)), route_(std::move(route)), source_(std::move(source)) {}

  [[nodiscard]] int status() const { return status_; }
  [[nodiscard]] const HeaderFields& headers() const { return headers_; }
  [[nodiscard]] const RouteInfo& route() const { return route_; }
  /// The next bytes; 0 = the body is complete. A body cut short is `disconnected`, never an early end.
  Result<std::size_t> read(std::span<char> out) { return source_->read(out); }

 private:
  int status_;
  HeaderFields headers_;
  RouteInfo route_;
  std::unique_ptr<Source> source_;
};

}  // namespace wye
