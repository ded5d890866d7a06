#pragma once

#include <cstdint>
#include <string_view>

namespace wye::vm {

/// Follows WebSocket frames in bytes as they pass, without keeping any: counts messages and knows whether the
/// stream is at a frame's edge, where a close frame of ours may be put. One direction.
class FrameCounter {
 public:
  void pass(std::string_view bytes);
  [[nodiscard]] std::int64_t messages() const { return messages_; }
  [[nodiscard]] bool at_edge() const { return head_length_ == 0 && left_ == 0; }
  [[nodiscard]] bool closed() const { return closed_; }  ///< A close frame has passed.

 private:
  [[nodiscard]] std::size_t head_size() const;
  void begin_payload();

  unsigned char head_[14] = {};
  std::size_t head_length_ = 0;
  std::uint64_t left_ = 0;
  std::int64_t messages_ = 0;
  bool closed_ = false;
};

}  // namespace wye::vm
