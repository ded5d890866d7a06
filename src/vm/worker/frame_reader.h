#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "wye/result.h"

namespace wye::vm {

/// What a worker and the agent tell each other: `<kind> <bytes>\n`, then that many bytes.
struct WorkerFrame {
  std::string kind;  ///< 1 to 16 of `a-z_`.
  std::string body;
};

[[nodiscard]] std::string frame_text(std::string_view kind, std::string_view body);

/// Takes frames apart as their bytes come. A worker runs foreign code, so its bytes are hostile: a frame that
/// is too large or has no such head is an error, after which nothing more is read. Pure.
class FrameReader {
 public:
  explicit FrameReader(std::size_t largest_body) : largest_(largest_body) {}

  void add(std::string_view bytes) { held_.append(bytes); }
  /// Returns the next whole frame; nothing when more bytes are needed.
  [[nodiscard]] Result<std::optional<WorkerFrame>> next();
  /// The bytes that are held; at most a head, a body of the largest size and what was added last.
  [[nodiscard]] std::size_t held() const { return held_.size(); }

 private:
  Result<bool> read_head();

  const std::size_t largest_;
  std::string held_;
  std::string kind_;      // of the frame whose head was read; "" before that
  std::size_t body_ = 0;  // its size
};

}  // namespace wye::vm
