#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace wye::net {

/// A piece of a frame as it passes. The first of each frame has `at` 0, and may be empty.
struct WsPiece {
  unsigned char first = 0;   ///< FIN, reserved bits and opcode of the frame.
  std::uint64_t length = 0;  ///< Of the whole payload.
  std::uint64_t at = 0;      ///< Where in the payload the piece begins.
  std::array<char, 4> mask = {};
  std::string_view masked;  ///< Valid during the call.
};

/// Follows one direction of a WebSocket without keeping its bytes. It knows where a frame ends (so that one
/// of ours can be inserted), how many messages passed, and whether a close passed. A frame costs a few
/// instructions.
class WsFrameTracker {
 public:
  static constexpr std::size_t kSmall =
      125;  ///< The most of a frame that a listener is shown; no control frame has more.
  /// Receives the first byte of a frame (FIN and opcode) and its unmasked payload; valid during the call.
  using SmallFrame = std::function<void(unsigned char first, std::string_view payload)>;

  WsFrameTracker() = default;
  explicit WsFrameTracker(SmallFrame small) : small_(std::move(small)) {}
  /// Shows all payloads from now on, also the rest of a frame under way; null ends it, and costs nothing.
  void show_pieces(std::function<void(const WsPiece&)> pieces) { pieces_ = std::move(pieces); }
  void feed(std::string_view bytes);
  [[nodiscard]] bool at_boundary() const { return header_bytes_ == 0 && payload_left_ == 0; }
  /// Returns how many data messages had their last frame; control frames do not count.
  [[nodiscard]] std::int64_t messages() const { return messages_; }
  [[nodiscard]] bool closed() const { return closed_; }

 private:
  void begin_payload();
  void take_payload(std::string_view bytes);

  std::uint64_t payload_left_ = 0;
  std::uint64_t length_ = 0;
  std::size_t header_bytes_ = 0;  // of the frame being begun
  std::size_t header_size_ = 2;
  std::size_t extended_end_ = 2;  // where the length ends within the header
  unsigned char first_ = 0;       // FIN and opcode
  std::int64_t messages_ = 0;
  bool closed_ = false;
  SmallFrame small_;
  std::function<void(const WsPiece&)> pieces_;
  std::array<char, 4> mask_ = {};
  std::array<char, kSmall> kept_;
};

/// Writes a server's close frame: status code and reason (at most 123 bytes).
[[nodiscard]] std::string ws_close_frame(std::uint16_t code, std::string_view reason);
/// Writes a client's close frame, masked with zeros.
[[nodiscard]] std::string ws_client_close_frame(std::uint16_t code, std::string_view reason);

}  // namespace wye::net
