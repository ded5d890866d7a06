#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace wye::vm {

/// The bytes of a file that an answer has.
struct ByteRange {
  std::uint64_t first = 0, length = 0;
  friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

/// What a `Range` field asks of a file (RFC 9110 §14). Several ranges, other units and fields that are not
/// valid ask for the whole file.
struct RangeAsked {
  enum class Kind : std::uint8_t {
    whole,
    part,
    unsatisfiable  ///< 416: it begins behind the end of the file, or is empty.
  };
  Kind kind = Kind::whole;
  ByteRange part;
  friend bool operator==(const RangeAsked&, const RangeAsked&) = default;
};
[[nodiscard]] RangeAsked read_range(std::string_view field, std::uint64_t size);

}  // namespace wye::vm
