#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace wye::relay {

/// Where one direction reads into: small while messages are, larger while data flows.
class Room {
 public:
  static constexpr std::size_t kLeast = 4 * 1024, kMost = 256 * 1024;

  Room() : bytes_(kLeast) {}
  [[nodiscard]] std::span<char> get() { return bytes_; }
  [[nodiscard]] std::string_view first(std::size_t size) const { return {bytes_.data(), size}; }
  /// After what was read into it is of no more use: `size` of it came at once.
  void used(std::size_t size) {
    if (size == bytes_.size() && size < kMost) bytes_.resize(4 * size);
    small_in_a_row_ = size <= kLeast ? small_in_a_row_ + 1 : 0;
    if (bytes_.size() == kLeast || small_in_a_row_ < kSmallInARow) return;
    bytes_ = std::vector<char>(kLeast);
  }

 private:
  static constexpr int kSmallInARow = 64;
  std::vector<char> bytes_;
  int small_in_a_row_ = 0;
};

}  // namespace wye::relay
