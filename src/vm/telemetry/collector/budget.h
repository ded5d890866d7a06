#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace wye::vm {

/// Bounds the bytes of a category's records: a burst and a steady rate. Events beyond it are dropped and
/// counted, so that no page can fill the session's spool or take the agent's time.
class Budget {
 public:
  using Time = std::chrono::steady_clock::time_point;
  Budget(double burst_bytes, double bytes_a_second)
      : burst_(burst_bytes), rate_(bytes_a_second), left_(burst_) {}

  /// Tells whether anything is left now.
  [[nodiscard]] bool allows(Time now) {
    const auto seconds = std::chrono::duration<double>(now - refilled_).count();
    left_ = std::min(burst_, left_ + rate_ * std::max(0.0, seconds));
    refilled_ = now;
    return left_ > 0;
  }
  /// Takes what was used; the budget may become negative by one event.
  void spend(std::size_t bytes) { left_ -= static_cast<double>(bytes); }

 private:
  double burst_, rate_, left_;
  Time refilled_{};
};

}  // namespace wye::vm
