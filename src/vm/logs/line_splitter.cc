#include "vm/logs/line_splitter.h"

#include <algorithm>
#include <utility>

namespace wye::vm {

void LineSplitter::add(std::string_view bytes, const Take& take) {
  while (!bytes.empty()) {
    const auto end = bytes.find('\n');
    const auto piece = bytes.substr(0, std::min(end, kLongest - held_.size()));
    held_.append(piece);
    const bool is_whole = piece.size() == end;
    bytes.remove_prefix(piece.size() + (is_whole ? 1 : 0));
    if (!is_whole && held_.size() < kLongest) return;
    if (is_whole && held_.ends_with('\r')) held_.pop_back();
    take(std::exchange(held_, {}));
  }
}

void LineSplitter::finish(const Take& take) {
  if (!held_.empty()) take(std::exchange(held_, {}));
}

}  // namespace wye::vm
