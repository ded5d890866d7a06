#pragma once

#include <chrono>
#include <stop_token>

#include "wye/result.h"

namespace wye::sdk {

/// Waits between attempts. It is a parameter, so that tests need not wait. Thread-safe.
class Pause {
 public:
  virtual ~Pause() = default;
  /// Fails with `cancelled` when the stop comes first.
  virtual Result<void> wait(std::chrono::milliseconds time, const std::stop_token& stop) = 0;
};

class RealPause final : public Pause {
 public:
  Result<void> wait(std::chrono::milliseconds time, const std::stop_token& stop) override;
};

}  // namespace wye::sdk
