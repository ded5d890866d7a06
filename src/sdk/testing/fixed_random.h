#pragma once

#include <atomic>

#include "base/random.h"

namespace wye::testing {

/// Gives the same number every time, so that `below(bound)` is `number % bound`. Thread-safe.
class FixedRandom final : public Random {
 public:
  explicit FixedRandom(std::uint64_t number) : number_(number) {}
  void set(std::uint64_t number) { number_ = number; }
  void fill(std::span<std::uint8_t> out) override {
    for (std::size_t i = 0; i < out.size(); ++i)
      out[out.size() - 1 - i] = i < 8 ? static_cast<std::uint8_t>(number_ >> (8 * i)) : 0;
  }

 private:
  std::atomic<std::uint64_t> number_;
};

}  // namespace wye::testing
