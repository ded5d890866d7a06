#include "vm/cdp/frame_counter.h"

#include <algorithm>

namespace wye::vm {

std::size_t FrameCounter::head_size() const {
  if (head_length_ < 2) return 2;
  const auto length = head_[1] & 0x7f;
  return 2u + (length == 126 ? 2u : length == 127 ? 8u : 0u) + ((head_[1] & 0x80) != 0 ? 4u : 0u);
}

void FrameCounter::begin_payload() {
  std::uint64_t length = head_[1] & 0x7fu;
  const int extended = length == 126 ? 2 : length == 127 ? 8 : 0;
  if (extended > 0) {
    length = 0;
    for (int i = 0; i < extended; ++i) length = length << 8 | head_[2 + i];
  }
  const int opcode = head_[0] & 0x0f;
  const bool final = (head_[0] & 0x80) != 0;
  if (opcode < 8 && final) ++messages_;
  if (opcode == 8) closed_ = true;
  left_ = length;
  head_length_ = 0;
}

void FrameCounter::pass(std::string_view bytes) {
  while (!bytes.empty()) {
    if (left_ > 0) {
      const auto skip = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
      left_ -= skip;
      bytes.remove_prefix(skip);
      continue;
    }
    head_[head_length_++] = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    if (head_length_ >= 2 && head_length_ == head_size()) begin_payload();
  }
}

}  // namespace wye::vm
