#pragma once

#include <atomic>
#include <cstdint>
#include <thread>

#include "base/unique_fd.h"

namespace wye::cli {

/// Serves one page on the host's loopback, so that the demo needs no internet. Every path gets that page.
class DemoPage {
 public:
  DemoPage();
  ~DemoPage();
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  void serve();
  UniqueFd listener_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace wye::cli
