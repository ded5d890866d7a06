#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace wye::vm {

enum class OutputStream : std::uint8_t { output, errors };

/// The last bytes that a process has written, in the order in which they came. Each byte has its place,
/// counted from the first byte ever; the oldest ones make room for new ones. Pure.
class OutputRing {
 public:
  static constexpr std::size_t kMost = 1u << 20;    // vm-api §9
  static constexpr std::size_t kBlock = 24 * 1024;  // a multiple of 3, for base64
  static constexpr std::size_t kCostOfBlock = 64;   // counts, too: two streams may take turns byte by byte

  void add(OutputStream stream, std::string_view bytes);
  /// Forgets all bytes; their places stay taken.
  void clear();

  /// The place of the oldest byte that is kept, and that of the next byte to come.
  [[nodiscard]] std::uint64_t begin() const { return blocks_.empty() ? end_ : blocks_.front().begin; }
  [[nodiscard]] std::uint64_t end() const { return end_; }
  [[nodiscard]] std::size_t cost() const { return cost_; }

  struct Piece {
    OutputStream stream = OutputStream::output;
    std::string_view bytes;  ///< Valid until the next change.
  };
  /// Returns bytes of one stream from a place on, which is not before `begin()`; none at the end.
  [[nodiscard]] Piece at(std::uint64_t place) const;

 private:
  struct Block {
    std::uint64_t begin;
    OutputStream stream;
    std::string bytes;
  };
  std::deque<Block> blocks_;
  std::uint64_t end_ = 0;
  std::size_t cost_ = 0;
};

}  // namespace wye::vm
