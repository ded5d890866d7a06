#pragma once

#include <atomic>

#include "base/clock.h"

namespace wye::testing {

/// A clock that moves when a test says so. Thread-safe.
class FakeClock final : public Clock {
 public:
  explicit FakeClock(std::int64_t unix_micros = 1'790'000'000'000'000) : micros_(unix_micros) {}
  [[nodiscard]] std::int64_t unix_micros() const override { return micros_; }
  [[nodiscard]] std::chrono::steady_clock::time_point steady() const override {
    return std::chrono::steady_clock::time_point(std::chrono::microseconds(micros_.load()));
  }
  void advance(std::chrono::microseconds time) { micros_ += time.count(); }

 private:
  std::atomic<std::int64_t> micros_;
};

}  // namespace wye::testing
