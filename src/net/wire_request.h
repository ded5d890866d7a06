#pragma once

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "wye/http.h"

namespace wye::net {

/// One request on the wire, without credentials, redirects or retries of its own.
struct WireRequest {
  std::string method = "GET";
  std::string url;
  HeaderFields headers;
  std::string_view
      body;  ///< It must live until the answer's head is there; what is not sent by then is copied.
  BodySource body_stream;  ///< Instead of `body`.
  bool decode =
      true;  ///< Asks for gzip and deflate, and decodes them; off where the headers are only the caller's.
  std::chrono::steady_clock::time_point deadline;  ///< For the head.
  std::optional<std::chrono::steady_clock::time_point> body_deadline;
  std::stop_token stop;
};

/// Refuses what libcurl would send as it is: line breaks and NULs in values, names and methods that are no
/// tokens, spaces and control characters in the URL; and framing that is not the body's. The error never
/// quotes a value.
[[nodiscard]] Result<void> check_wire_request(const WireRequest& request);

}  // namespace wye::net
