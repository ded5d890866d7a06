#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace wye {

/// A source of unpredictable bytes that is passed as a parameter, so that tests can replay a seed.
/// Thread-safe.
class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<std::uint8_t> out) = 0;
  /// Uniform in [0, bound); bound > 0.
  [[nodiscard]] std::uint64_t below(std::uint64_t bound);
};

/// The kernel's generator.
class SystemRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> out) override;
};

/// Makes an opaque id, `^[a-z][a-z0-9]{23}$` (wire-api §1).
[[nodiscard]] std::string new_id(Random& random);
/// Tells whether the text has the shape of `new_id()`.
[[nodiscard]] bool is_id(std::string_view text);

}  // namespace wye
