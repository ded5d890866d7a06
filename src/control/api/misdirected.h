#pragma once

#include <optional>
#include <string_view>

#include "metro/metro_origin.h"
#include "net/http_message.h"
#include "net/path_pattern.h"
#include "wye/error.h"

namespace wye::control {

/// Names the right URL for a DevTools client that connected to the control plane. It needs no key for that:
/// such clients have none to send. Pure.
class Misdirected {
 public:
  /// `metro` is where clients reach it.
  explicit Misdirected(const metro::MetroOrigin& metro);

  /// Returns the error that names the right URL; nothing when the request is not misdirected. `path` has no
  /// `/v<number>`.
  [[nodiscard]] std::optional<Error> refusal(const net::RequestHead& head, std::string_view path) const;

 private:
  const bool tls_;
  const std::string host_;
  const net::PathPattern subresource_{"/browsers/{}/**"};
};

}  // namespace wye::control
