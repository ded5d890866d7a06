#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/unique_fd.h"

namespace wye::testing {

/// What a gate does to the connections that it accepts from now on.
struct Fault {
  enum class Kind {
    none,
    refuse,  ///< Accepted and reset at once.
    cut,     ///< Closed after `after` bytes of the answers.
    reset,   ///< Reset after `after` bytes of the answers.
    stall,   ///< Passes nothing after `after` bytes of the answers; the connection stays.
  };
  Kind kind = Kind::none;
  std::size_t after = 0;
  std::size_t piece = 64 * 1024;  ///< The largest piece passed on at once; 1 = single bytes.
};

/// A faulty TCP proxy on a free loopback port, for use between a real client and a real server. One thread a
/// connection.
class ChaosGate {
 public:
  explicit ChaosGate(std::uint16_t upstream_port);
  ~ChaosGate();
  ChaosGate(const ChaosGate&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string origin() const { return "http://127.0.0.1:" + std::to_string(port_); }
  void inject(Fault fault);
  [[nodiscard]] int connections() const { return accepted_; }

 private:
  void accept_loop();
  void relay(UniqueFd client, Fault fault) const;

  const std::uint16_t upstream_port_;
  std::uint16_t port_ = 0;
  UniqueFd listener_, stop_read_, stop_write_;
  std::mutex mutex_;
  Fault fault_;
  std::atomic<int> accepted_{0};
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace wye::testing
