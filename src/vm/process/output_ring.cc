#include "vm/process/output_ring.h"

#include <algorithm>
#include <cassert>

namespace wye::vm {

void OutputRing::add(OutputStream stream, std::string_view bytes) {
  while (!bytes.empty()) {
    const bool goes_on =
        !blocks_.empty() && blocks_.back().stream == stream && blocks_.back().bytes.size() < kBlock;
    if (!goes_on) {
      blocks_.push_back({end_, stream, {}});
      cost_ += kCostOfBlock;
    }
    auto& block = blocks_.back().bytes;
    const auto piece = bytes.substr(0, kBlock - block.size());
    block.append(piece);
    cost_ += piece.size();
    end_ += piece.size();
    bytes.remove_prefix(piece.size());
    while (cost_ > kMost) {
      cost_ -= blocks_.front().bytes.size() + kCostOfBlock;
      blocks_.pop_front();
    }
  }
}

void OutputRing::clear() {
  blocks_.clear();
  cost_ = 0;
}

OutputRing::Piece OutputRing::at(std::uint64_t place) const {
  assert(place >= begin());
  if (place >= end_) return {};
  const auto after = std::upper_bound(blocks_.begin(), blocks_.end(), place,
                                      [](std::uint64_t at, const Block& block) { return at < block.begin; });
  const auto& block = *std::prev(after);
  return {block.stream, std::string_view(block.bytes).substr(place - block.begin)};
}

}  // namespace wye::vm
