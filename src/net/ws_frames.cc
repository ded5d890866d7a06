#include "net/ws_frames.h"

#include <algorithm>

namespace wye::net {

void WsFrameTracker::feed(std::string_view bytes) {
  while (!bytes.empty()) {
    if (header_bytes_ == 0 && payload_left_ > 0) {
      const auto skip = static_cast<std::size_t>(std::min<std::uint64_t>(payload_left_, bytes.size()));
      take_payload(bytes.substr(0, skip));
      bytes.remove_prefix(skip);
      continue;
    }
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    ++header_bytes_;
    if (header_bytes_ == 1) {
      first_ = byte;
      header_size_ = 2;
      length_ = 0;
    } else if (header_bytes_ == 2) {
      const std::size_t mask = (byte & 0x80) != 0 ? 4 : 0;
      const auto size = static_cast<std::uint64_t>(byte & 0x7f);
      const std::size_t extended = size == 126 ? 2 : size == 127 ? 8 : 0;
      header_size_ = 2 + extended + mask;
      length_ = extended == 0 ? size : 0;
      extended_end_ = 2 + extended;
      mask_ = {};
    } else if (header_bytes_ <= extended_end_) {
      length_ = length_ << 8 | byte;
    } else {
      mask_[header_bytes_ - extended_end_ - 1] = static_cast<char>(byte);
    }
    if (header_bytes_ >= 2 && header_bytes_ == header_size_) begin_payload();
  }
}

void WsFrameTracker::begin_payload() {
  payload_left_ = length_;
  header_bytes_ = 0;
  const bool final = (first_ & 0x80) != 0;
  const int opcode = first_ & 0x0f;
  if (opcode == 8) closed_ = true;
  if (opcode < 8 && final) ++messages_;
  if (length_ == 0 && small_) small_(first_, {});
  if (length_ == 0 && pieces_) pieces_({.first = first_});
}

void WsFrameTracker::take_payload(std::string_view bytes) {
  if (small_ && length_ <= kSmall) {
    auto at = static_cast<std::size_t>(length_ - payload_left_);
    for (const char byte : bytes) {
      kept_[at] = static_cast<char>(byte ^ mask_[at % 4]);
      ++at;
    }
  }
  if (pieces_)
    pieces_(
        {.first = first_, .length = length_, .at = length_ - payload_left_, .mask = mask_, .masked = bytes});
  payload_left_ -= bytes.size();
  if (payload_left_ == 0 && small_ && length_ <= kSmall)
    small_(first_, {kept_.data(), static_cast<std::size_t>(length_)});
}

std::string ws_close_frame(std::uint16_t code, std::string_view reason) {
  reason = reason.substr(0, 123);
  std::string frame = "\x88";
  frame += static_cast<char>(2 + reason.size());
  frame += static_cast<char>(code >> 8);
  frame += static_cast<char>(code & 0xff);
  frame += reason;
  return frame;
}

std::string ws_client_close_frame(std::uint16_t code, std::string_view reason) {
  auto frame = ws_close_frame(code, reason);
  frame[1] = static_cast<char>(frame[1] | 0x80);
  frame.insert(2, 4, '\0');
  return frame;
}

}  // namespace wye::net
