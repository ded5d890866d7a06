#pragma once

#include <cstddef>
#include <string_view>

#include "wye/http.h"

namespace wye::net {

/// Reads status and fields of an answer from the lines of its head, one after the other, as they come.
/// Interim answers (1xx) are skipped, trailers left out, folded lines joined. Pure; what it holds is bounded
/// by `kMaxBytes`.
class ResponseHead {
 public:
  /// The most of status lines, fields and trailers together, so that no head is endless.
  static constexpr std::size_t kMaxBytes = 256 * 1024;

  /// Takes a `line` with or without its line break. Returns false once there are more than `kMaxBytes`.
  [[nodiscard]] bool add_line(std::string_view line);
  /// Returns whether the final answer's empty line has come.
  [[nodiscard]] bool complete() const { return complete_; }

  int status = 0;
  HeaderFields fields;

 private:
  std::size_t bytes_ = 0;
  bool complete_ = false;
};

}  // namespace wye::net
