#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace wye::net {

/// Reads what a client sends over a WebSocket: whole messages, put together from their fragments, and control
/// frames, which may come in between (RFC 6455). Everything is checked, and nothing that is too large is
/// kept. Pure.
class WsMessages {
 public:
  enum class Kind : std::uint8_t { text, binary, ping, pong, close };
  struct Message {
    Kind kind = Kind::text;
    std::string payload;     ///< Of a close its reason.
    std::uint16_t code = 0;  ///< Of a close: 1005 when it names none.
  };
  /// Why the connection must be closed; `reason` is text of ours.
  struct Fault {
    std::uint16_t code;  ///< For the close frame.
    std::string_view reason;
  };

  /// `most` bounds the bytes of a message.
  explicit WsMessages(std::size_t most) : most_(most) {}

  /// Takes bytes off the front until a message is complete. Nothing when all bytes are taken and none is, or
  /// after a fault, which stays; after a close nothing more may be read.
  [[nodiscard]] std::optional<Message> next(std::string_view& bytes);
  [[nodiscard]] const std::optional<Fault>& fault() const { return fault_; }

 private:
  [[nodiscard]] bool take_header(std::string_view& bytes);
  void begin_payload();
  [[nodiscard]] bool check_opcode();
  [[nodiscard]] bool is_control() const { return (first_ & 0x08) != 0; }
  [[nodiscard]] std::optional<Message> end_frame();
  [[nodiscard]] std::optional<Message> end_close(std::string payload);
  bool fail(std::uint16_t code, std::string_view reason);

  const std::size_t most_;
  std::optional<Fault> fault_;
  std::array<char, 14> header_ = {};  // of the frame being begun
  std::size_t header_bytes_ = 0;
  bool in_payload_ = false;
  unsigned char first_ = 0;  // FIN and opcode of the frame
  std::array<char, 4> mask_ = {};
  std::uint64_t length_ = 0, taken_ = 0;  // of the frame's payload
  bool in_message_ = false;               // between the fragments of one
  Kind kind_ = Kind::text;                // of that one
  std::string message_, control_;
};

/// Writes a frame of a server's that is a whole message.
void append_ws_message(std::string& out, WsMessages::Kind kind, std::string_view payload);

}  // namespace wye::net
