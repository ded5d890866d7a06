#pragma once

#include <string>
#include <utility>

#include "base/unique_fd.h"
#include "wye/result.h"

namespace wye::net {

/// Where a peer accepts connections: at a unix socket today, at a host and a port once agents run on other
/// machines.
class Endpoint {
 public:
  Endpoint() = default;  ///< Makes an endpoint at which nobody listens.
  [[nodiscard]] static Endpoint unix_socket(std::string path) { return Endpoint(std::move(path)); }

  [[nodiscard]] explicit operator bool() const { return !path_.empty(); }
  /// Returns a text that differs for endpoints that differ: a key of maps, a word in a log.
  [[nodiscard]] const std::string& text() const { return path_; }
  friend bool operator==(const Endpoint&, const Endpoint&) = default;

 private:
  explicit Endpoint(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

/// Makes a non-blocking connection. Fails with `disconnected` and the code `connect_failed` when nobody
/// listens there or the backlog is full.
[[nodiscard]] Result<UniqueFd> connect(const Endpoint& to);

}  // namespace wye::net
