#pragma once

#include <chrono>
#include <cstdint>

namespace wye {

/// Time that tests can move, for code whose results depend on it. Waits use `steady_clock`. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  /// Wall time, microseconds since the Unix epoch.
  [[nodiscard]] virtual std::int64_t unix_micros() const = 0;
  /// Time that never goes back.
  [[nodiscard]] virtual std::chrono::steady_clock::time_point steady() const = 0;
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] std::int64_t unix_micros() const override;
  [[nodiscard]] std::chrono::steady_clock::time_point steady() const override;
};

}  // namespace wye
