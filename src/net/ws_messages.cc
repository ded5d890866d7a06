#include "net/ws_messages.h"

#include <algorithm>

#include "base/encoding.h"

namespace wye::net {
namespace {

constexpr unsigned kContinuation = 0, kText = 1, kBinary = 2, kClose = 8, kPing = 9, kPong = 10;
constexpr unsigned char kFin = 0x80, kMasked = 0x80;
constexpr std::uint64_t kMostOfControl = 125;
constexpr std::uint16_t kProtocolError = 1002, kNoCode = 1005, kNotText = 1007, kTooLarge = 1009;

// Codes that a client may send (RFC 6455 §7.4).
bool may_be_sent(unsigned code) {
  if (code >= 3000 && code <= 4999) return true;
  return code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006;
}

}  // namespace

bool WsMessages::fail(std::uint16_t code, std::string_view reason) {
  fault_ = {code, reason};
  message_ = {};
  control_ = {};
  return false;
}

std::optional<WsMessages::Message> WsMessages::next(std::string_view& bytes) {
  while (!fault_) {
    if (!in_payload_ && !take_header(bytes)) break;
    const auto piece =
        bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(length_ - taken_, bytes.size())));
    auto& into = is_control() ? control_ : message_;
    for (const char byte : piece) into += static_cast<char>(byte ^ mask_[taken_++ % 4]);
    bytes.remove_prefix(piece.size());
    if (taken_ < length_) break;
    in_payload_ = false;
    if (auto message = end_frame()) return message;
  }
  return std::nullopt;
}

// Returns whether the header is complete and good.
bool WsMessages::take_header(std::string_view& bytes) {
  while (!bytes.empty()) {
    header_[header_bytes_++] = bytes.front();
    bytes.remove_prefix(1);
    if (header_bytes_ == 1) first_ = static_cast<unsigned char>(header_[0]);
    if (header_bytes_ == 1 && !check_opcode()) return false;
    if (header_bytes_ < 2) continue;
    const auto second = static_cast<unsigned char>(header_[1]);
    if ((second & kMasked) == 0) return fail(kProtocolError, "a frame is not masked");
    const auto size = static_cast<std::uint64_t>(second & 0x7f);
    if (is_control() && size > kMostOfControl) return fail(kProtocolError, "a control frame is too large");
    const std::size_t extended = size == 126 ? 2 : size == 127 ? 8 : 0;
    if (header_bytes_ < 2 + extended + mask_.size()) continue;
    length_ = extended == 0 ? size : 0;
    for (std::size_t i = 0; i < extended; ++i)
      length_ = length_ << 8 | static_cast<unsigned char>(header_[2 + i]);
    const std::uint64_t least = extended == 8 ? 65'536 : extended == 2 ? 126 : 0;
    if (length_ < least) return fail(kProtocolError, "a frame's length is written too long");
    begin_payload();
    return !fault_;
  }
  return false;
}

bool WsMessages::check_opcode() {
  const unsigned opcode = first_ & 0x0f;
  if ((first_ & 0x70) != 0) return fail(kProtocolError, "a frame has reserved bits");
  if (opcode > kPong || (opcode > kBinary && opcode < kClose))
    return fail(kProtocolError, "a frame has an unknown opcode");
  if (is_control() && (first_ & kFin) == 0) return fail(kProtocolError, "a control frame is fragmented");
  if (is_control()) return true;
  if (opcode == kContinuation && !in_message_)
    return fail(kProtocolError, "a fragment belongs to no message");
  if (opcode != kContinuation && in_message_)
    return fail(kProtocolError, "a message begins within another one");
  return true;
}

void WsMessages::begin_payload() {
  std::copy_n(header_.begin() + static_cast<std::ptrdiff_t>(header_bytes_ - mask_.size()), mask_.size(),
              mask_.begin());
  header_bytes_ = 0;
  taken_ = 0;
  in_payload_ = true;
  if (is_control()) return;
  const unsigned opcode = first_ & 0x0f;
  if (opcode != kContinuation) kind_ = opcode == kText ? Kind::text : Kind::binary;
  in_message_ = true;
  if (length_ > most_ - message_.size()) fail(kTooLarge, "a message is too large");
}

std::optional<WsMessages::Message> WsMessages::end_frame() {
  if (!is_control()) {
    if ((first_ & kFin) == 0) return std::nullopt;
    in_message_ = false;
    Message out{.kind = kind_, .payload = std::move(message_)};
    message_ = {};
    if (kind_ != Kind::text || is_utf8(out.payload)) return out;
    fail(kNotText, "a text message is not UTF-8");
    return std::nullopt;
  }
  auto payload = std::move(control_);
  control_ = {};
  const unsigned opcode = first_ & 0x0f;
  if (opcode == kClose) return end_close(std::move(payload));
  return Message{.kind = opcode == kPing ? Kind::ping : Kind::pong, .payload = std::move(payload)};
}

std::optional<WsMessages::Message> WsMessages::end_close(std::string payload) {
  if (payload.empty()) return Message{.kind = Kind::close, .payload = {}, .code = kNoCode};
  const unsigned code = payload.size() < 2
                            ? 0
                            : static_cast<unsigned>(static_cast<unsigned char>(payload[0])) << 8 |
                                  static_cast<unsigned char>(payload[1]);
  payload.erase(0, 2);
  if (!may_be_sent(code)) fail(kProtocolError, "a close has no valid code");
  if (!fault_ && !is_utf8(payload)) fail(kNotText, "the reason of a close is not UTF-8");
  if (fault_) return std::nullopt;
  return Message{
      .kind = Kind::close, .payload = std::move(payload), .code = static_cast<std::uint16_t>(code)};
}

void append_ws_message(std::string& out, WsMessages::Kind kind, std::string_view payload) {
  constexpr std::array<unsigned, 5> kOpcodes{kText, kBinary, kPing, kPong, kClose};
  out += static_cast<char>(kFin | kOpcodes[static_cast<std::size_t>(kind)]);
  const auto size = static_cast<std::uint64_t>(payload.size());
  const int extended = size < 126 ? 0 : size < 65'536 ? 2 : 8;
  out += static_cast<char>(extended == 0 ? size : extended == 2 ? 126 : 127);
  for (int i = extended - 1; i >= 0; --i) out += static_cast<char>(size >> (8 * i) & 0xff);
  out += payload;
}

}  // namespace wye::net
