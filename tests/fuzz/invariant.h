#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

// Shared by all fuzz targets: a check that ends the run, and a reader of the input.

/// Ends the process with a report that both libFuzzer and the replay program count as a finding.
#define WYE_INVARIANT(condition)                                                   \
  do {                                                                             \
    if (!(condition)) {                                                            \
      std::fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                \
    }                                                                              \
  } while (false)

namespace wye::fuzz {

/// The input as text: lines and numbers at its front, the rest after them. This keeps samples readable.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size)
      : rest_(size == 0 ? std::string_view() : std::string_view(reinterpret_cast<const char*>(data), size)) {}

  /// Returns the text up to the next line break, which is dropped; the whole rest without one.
  std::string_view line() {
    const auto end = rest_.find('\n');
    const auto out = rest_.substr(0, end);
    rest_ = end == std::string_view::npos ? std::string_view() : rest_.substr(end + 1);
    return out;
  }
  /// Returns one byte as a number; 0 at the end.
  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const auto out = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return out;
  }
  [[nodiscard]] std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

/// Cuts bytes into pieces whose sizes follow from `seed`, and passes each to `take`.
template <class Take>
void in_pieces(std::string_view bytes, std::uint32_t seed, Take take) {
  while (!bytes.empty()) {
    seed = seed * 1664525u + 1013904223u;
    const auto size = std::size_t{1} + (seed >> 24) % 17;
    take(bytes.substr(0, size));
    bytes.remove_prefix(size < bytes.size() ? size : bytes.size());
  }
}

}  // namespace wye::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
