#include "vm/process/capture.h"

#include <algorithm>

namespace wye::vm {

void Capture::add(std::string_view bytes) {
  while (!bytes.empty() && !truncated_) {
    const auto room = std::min(kMost - size_, bytes.size());
    const bool new_block = room > 0 && (blocks_.empty() || blocks_.back().size() == kBlock);
    if (room == 0 || (new_block && !held_.add(kBlock))) {
      truncated_ = true;
      return;
    }
    if (new_block) blocks_.emplace_back();
    const auto piece = bytes.substr(0, std::min(room, kBlock - blocks_.back().size()));
    blocks_.back().append(piece);
    size_ += piece.size();
    bytes.remove_prefix(piece.size());
  }
}

}  // namespace wye::vm
