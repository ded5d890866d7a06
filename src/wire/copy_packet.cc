#include "wire/copy_packet.h"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace wye::wire {

namespace {

// A packet is the number of lost messages and its parts; a part is a byte of flags, its size and its bytes.
// Numbers are in the machine's order: both ends are on one machine.
constexpr std::size_t kHead = sizeof(std::int64_t), kPartHead = 1 + sizeof(std::uint32_t);
constexpr std::size_t kSpare = 4 * 1024;  // of an idle writer
constexpr unsigned kBegins = 1, kEnds = 2, kCompressed = 4, kCut = 8;

}  // namespace

std::size_t CopyWriter::room() const {
  const auto used = std::max(packet_.size(), kHead) + kPartHead;
  return kMaxCopyPacket - std::min(kMaxCopyPacket, used);
}

void CopyWriter::add(const CopyPart& part) {
  assert(part.bytes.size() <= room());
  if (packet_.empty()) packet_.resize(kHead);
  packet_ += static_cast<char>((part.begins ? kBegins : 0) | (part.ends ? kEnds : 0) |
                               (part.compressed ? kCompressed : 0) | (part.cut ? kCut : 0));
  const auto size = static_cast<std::uint32_t>(part.bytes.size());
  packet_.append(reinterpret_cast<const char*>(&size), sizeof(size));
  packet_ += part.bytes;
}

std::string_view CopyWriter::packet(std::int64_t lost) {
  if (packet_.empty()) packet_.resize(kHead);
  std::memcpy(packet_.data(), &lost, sizeof(lost));
  return packet_;
}

void CopyWriter::clear() {
  packet_.clear();
  if (packet_.capacity() > kSpare) packet_ = {};
}

CopyReader::CopyReader(std::string_view packet) {
  if (packet.size() < kHead) return;
  std::memcpy(&lost_, packet.data(), sizeof(lost_));
  lost_ = std::max<std::int64_t>(lost_, 0);
  rest_ = packet.substr(kHead);
}

std::optional<CopyPart> CopyReader::next() {
  if (rest_.size() < kPartHead) return std::nullopt;
  const auto flags = static_cast<unsigned char>(rest_[0]);
  std::uint32_t size = 0;
  std::memcpy(&size, rest_.data() + 1, sizeof(size));
  rest_.remove_prefix(kPartHead);
  if (size > rest_.size()) {
    rest_ = {};
    return std::nullopt;
  }
  const CopyPart part{.begins = (flags & kBegins) != 0,
                      .ends = (flags & kEnds) != 0,
                      .compressed = (flags & kCompressed) != 0,
                      .cut = (flags & kCut) != 0,
                      .bytes = rest_.substr(0, size)};
  rest_.remove_prefix(size);
  return part;
}

}  // namespace wye::wire
