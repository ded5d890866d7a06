#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace wye::sdk {

/// The part of a file that an answer holds.
struct ContentRange {
  std::int64_t first = 0, last = 0, size = 0;
  friend bool operator==(const ContentRange&, const ContentRange&) = default;
};
/// Reads `bytes FIRST-LAST/SIZE`; nothing for anything else, and for what cannot be.
[[nodiscard]] std::optional<ContentRange> read_content_range(std::string_view text);

/// Reads digits alone, up to the largest int64.
[[nodiscard]] std::optional<std::int64_t> read_count(std::string_view text);

}  // namespace wye::sdk
