#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace wye::vm {

/// How many bytes of records a category may make: a burst, and a rate that lasts. What a page says beyond it
/// is dropped and counted, so that a page that shouts does not fill the session's spool or the agent's time.
class Budget {
 public:
  using Time = std::chrono::steady_clock::time_point;
  Budget(double burst_bytes, double bytes_a_second)
      : burst_(burst_bytes), rate_(bytes_a_second), left_(burst_) {}

  /// Whether there is anything left now.
  [[nodiscard]] bool allows(Time now) {
    const auto seconds = std::chrono::duration<double>(now - refilled_).count();
    left_ = std::min(burst_, left_ + rate_ * std::max(0.0, seconds));
    refilled_ = now;
    return left_ > 0;
  }
  /// What was used; may go below nothing once.
  void spend(std::size_t bytes) { left_ -= static_cast<double>(bytes); }

 private:
  double burst_, rate_, left_;
  Time refilled_{};
};

}  // namespace wye::vm
