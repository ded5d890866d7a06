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
#include "wye/route.h"

namespace wye {

/// Header fields in their order; a name may occur more than once.
using HeaderFields = std::vector<std::pair<std::string, std::string>>;

/// Returns the first value of a field, "" when there is none. Names are compared without regard to case.
[[nodiscard]] std::string_view header(const HeaderFields& headers, std::string_view name);

/// A value that also knows how it was reached; used like the value.
template <class T>
class Reached : public T {
 public:
  using ReachedValue = T;  ///< The value without its route.
  Reached() = default;
  Reached(T value, RouteInfo route) : T(std::move(value)), route_(route) {}
  [[nodiscard]] const RouteInfo& route() const { return route_; }  ///< How it was reached.

 private:
  RouteInfo route_;
};

/// Limits of one call.
struct CallOptions {
  /// The time from the call to the end of its answer, including retries and pauses; for streams, to the
  /// answer's head. Then the call fails with `timed_out`. Absent: the client's.
  std::optional<std::chrono::milliseconds> timeout;
  /// Ends the call, and a stream that it opened, within about a millisecond: it fails with `cancelled`, and
  /// the connection is closed.
  std::stop_token stop;
  std::optional<int> max_retries;  ///< Attempts after the first one. Absent: the client's.
};

/// Produces a body while it is sent: writes bytes into the span and returns their number, 0 at the end. An
/// error aborts the request and becomes its result. Called on the thread that opens or reads the answer,
/// until the body has ended or the answer is destroyed.
using BodySource = std::function<Result<std::size_t>(std::span<char>)>;

/// A request for a path that has no typed call.
struct Request {
  std::string method = "GET";
  /// A path below the base URL (`/browsers/…`), already percent-encoded; or an absolute URL, which gets no
  /// credential unless it lies below the base URL (routing-contract §2).
  std::string path;
  /// A value with a line break, and a name that is no HTTP token, are `invalid`. The client itself sets the
  /// framing (`Content-Length`, `Transfer-Encoding`): a length that is not the body's is `invalid`.
  HeaderFields headers;
  std::string body;
  /// Used instead of `body`. It cannot be sent again, so such a request is never retried.
  BodySource body_stream;
};

/// A whole answer. Any HTTP status is an answer, not an error.
struct Response {
  int status = 0;
  HeaderFields headers;  ///< Unchanged, although a gzip or deflate body is decoded.
  std::string body;
  RouteInfo route;
};

/// An answer whose body is read while it arrives; at most 80 KB are buffered, then the sender waits.
/// Destroying it closes the connection unless the body was complete. One thread at a time.
class ResponseStream {
 public:
  /// The source of the bytes.
  class Source {
   public:
    virtual ~Source() = default;
    virtual Result<std::size_t> read(std::span<char> out) = 0;  ///< See ResponseStream::read.
  };
  ResponseStream(int status, HeaderFields headers, RouteInfo route, std::unique_ptr<Source> source)
      : status_(status), headers_(std::move(headers)), route_(route), source_(std::move(source)) {}

  [[nodiscard]] int status() const { return status_; }                    ///< HTTP status.
  [[nodiscard]] const HeaderFields& headers() const { return headers_; }  ///< As they came.
  [[nodiscard]] const RouteInfo& route() const { return route_; }         ///< How it was reached.
  /// Reads the next bytes into `out` and returns their number; 0 = the body is complete. A body that was cut
  /// short is `disconnected` (`body_cut`), never an early end.
  Result<std::size_t> read(std::span<char> out) { return source_->read(out); }

 private:
  int status_;
  HeaderFields headers_;
  RouteInfo route_;
  std::unique_ptr<Source> source_;
};

}  // namespace wye
