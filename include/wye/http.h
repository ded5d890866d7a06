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

/// Header fields in the order they came.
using HeaderFields = std::vector<std::pair<std::string, std::string>>;

/// The first value of a field, names compared without case; "" when there is none.
[[nodiscard]] std::string_view header(const HeaderFields& headers, std::string_view name);

/// A value and how it was reached; used like the value.
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
  /// From the call to the end of its answer, retries and pauses included; for streams, to the answer's head.
  /// Absent: the client's. Once passed: `timed_out`.
  std::optional<std::chrono::milliseconds> timeout;
  /// Ends the call, and a stream that came of it, within a millisecond or so: `cancelled`. The connection is
  /// closed.
  std::stop_token stop;
  std::optional<int> max_retries;  ///< After the first attempt. Absent: the client's.
};

/// Produces a body while it is sent: fills the span, 0 = end; an error aborts the request and is its result.
/// Called on the thread that opens or reads the answer, until the body has ended or the answer is destroyed.
using BodySource = std::function<Result<std::size_t>(std::span<char>)>;

/// A request by hand, for every path that has no typed call.
struct Request {
  std::string method = "GET";
  /// Below the base URL (`/browsers/…`), already percent-encoded; or an absolute URL, which gets no
  /// credential unless it lies below the base URL.
  std::string path;
  /// Line breaks in values and names that are no HTTP tokens are `invalid`. Framing (`Content-Length`,
  /// `Transfer-Encoding`) is the client's: a length that is not the body's is `invalid`.
  HeaderFields headers;
  std::string body;
  /// Instead of `body`. Cannot be sent again, so such a request is never retried.
  BodySource body_stream;
};

/// A whole answer. Any HTTP status is an answer, not an error.
struct Response {
  int status = 0;
  HeaderFields headers;  ///< As they came; the body is decoded where they say gzip or deflate.
  std::string body;
  RouteInfo route;
};

/// An answer whose body is read as it comes; at most 80 KB are held for a reader that does not read.
/// Destroying it closes the connection unless the body was complete. One thread at a time.
class ResponseStream {
 public:
  /// Where the bytes come from.
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
  /// The next bytes; 0 = the body is complete. A body cut short is `disconnected` (`body_cut`), never an
  /// early end.
  Result<std::size_t> read(std::span<char> out) { return source_->read(out); }

 private:
  int status_;
  HeaderFields headers_;
  RouteInfo route_;
  std::unique_ptr<Source> source_;
};

}  // namespace wye
