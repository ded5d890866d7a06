#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/unique_fd.h"

namespace wye::live {

/// A TCP relay on a free loopback port that records what clients send, so that a test can check which
/// credential went where.
class WireTap {
 public:
  WireTap();
  ~WireTap();
  WireTap(const WireTap&) = delete;

  /// Returns a loopback port that was free a moment ago, for a server that cannot pick one itself.
  [[nodiscard]] static std::uint16_t free_port();
  [[nodiscard]] std::uint16_t port() const { return port_; }
  /// Sets where connections are passed on to; also after the tap listens, and repeatedly.
  void forward_to(std::uint16_t loopback_port) { upstream_port_ = loopback_port; }
  /// From now on, accepts connections and resets them; `false` passes them again.
  void refuse(bool refused) { refused_ = refused; }

  /// Returns everything that clients have sent so far, heads and bodies, connection after connection.
  [[nodiscard]] std::string sent_by_clients() const;
  /// Returns the request lines seen so far, in the order of arrival.
  [[nodiscard]] std::vector<std::string> request_lines() const;

 private:
  struct Connection {
    UniqueFd client;
    UniqueFd upstream;
    std::string sent;
    std::thread pump;
  };
  void accept_loop();
  void serve(Connection& connection);

  UniqueFd listener_;
  std::uint16_t port_ = 0;
  std::atomic<std::uint16_t> upstream_port_{0};
  std::atomic<bool> refused_{false};
  UniqueFd stop_read_, stop_write_;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::thread acceptor_;
};

}  // namespace wye::live
