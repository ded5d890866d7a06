#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace wye::metro {

/// Follows a WebSocket's bytes only so far as to know whether a frame is complete: there the metro may put in
/// one of its own. Costs a few instructions a frame and keeps nothing.
class WsFrameTracker {
 public:
  void feed(std::string_view bytes);
  [[nodiscard]] bool at_boundary() const { return header_bytes_ == 0 && payload_left_ == 0; }

 private:
  std::uint64_t payload_left_ = 0;
  std::uint64_t length_ = 0;
  std::size_t header_bytes_ = 0;  // of the frame being begun
  std::size_t header_size_ = 2;
  std::size_t extended_end_ = 2;  // where the length ends within the header
};

/// A server's close frame: status code and reason (at most 123 bytes).
[[nodiscard]] std::string ws_close_frame(std::uint16_t code, std::string_view reason);

}  // namespace wye::metro
