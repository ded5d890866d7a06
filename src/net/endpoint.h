#pragma once

#include <cstdint>
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
  /// `network`: the one that the peer lives in (base/network_of.h); 0 = not known.
  [[nodiscard]] static Endpoint unix_socket(std::string path, std::uint64_t network = 0) {
    return Endpoint(std::move(path), network);
  }

  [[nodiscard]] explicit operator bool() const { return !path_.empty(); }
  /// Returns a text that differs for endpoints that differ: a key of maps, a word in a log.
  [[nodiscard]] const std::string& text() const { return path_; }
  [[nodiscard]] std::uint64_t network() const { return network_; }
  friend bool operator==(const Endpoint&, const Endpoint&) = default;

 private:
  Endpoint(std::string path, std::uint64_t network) : path_(std::move(path)), network_(network) {}
  std::string path_;
  std::uint64_t network_ = 0;
};

/// Makes a non-blocking connection. Fails with `disconnected` and the code `connect_failed` when nobody
/// listens there or the backlog is full.
[[nodiscard]] Result<UniqueFd> connect(const Endpoint& to);

}  // namespace wye::net
