#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/byte_budget.h"

namespace wye::vm {

/// What one stream of a command has written, kept whole up to a bound of its own and one that all share.
class Capture {
 public:
  static constexpr std::size_t kMost = 64u << 20;   // vm-api §9
  static constexpr std::size_t kBlock = 48 * 1024;  // a multiple of 3: base64 of blocks is base64 of all

  explicit Capture(ByteBudget& budget) : held_(budget) {}

  void add(std::string_view bytes);
  [[nodiscard]] bool truncated() const { return truncated_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  /// All but the last have `kBlock` bytes.
  [[nodiscard]] const std::vector<std::string>& blocks() const { return blocks_; }

 private:
  ByteBudget::Held held_;
  std::vector<std::string> blocks_;
  std::size_t size_ = 0;
  bool truncated_ = false;
};

}  // namespace wye::vm
