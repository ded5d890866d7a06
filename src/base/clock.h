#pragma once

#include <chrono>
#include <cstdint>

namespace wye {

/// Time as a parameter: nothing of ours reads a clock of the system's but through this. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  /// Wall time, microseconds since the Unix epoch.
  [[nodiscard]] virtual std::int64_t unix_micros() const = 0;
  /// Time that never goes back; for deadlines.
  [[nodiscard]] virtual std::chrono::steady_clock::time_point steady() const = 0;
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] std::int64_t unix_micros() const override;
  [[nodiscard]] std::chrono::steady_clock::time_point steady() const override;
};

}  // namespace wye
