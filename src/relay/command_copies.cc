#include "relay/command_copies.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/network_of.h"

namespace wye::relay {

namespace {

constexpr unsigned kFinal = 0x80, kCompressed = 0x40, kOpcode = 0x0f;
constexpr unsigned kContinuation = 0, kText = 1, kClose = 8;
constexpr std::size_t kUnmasked = 4 * 1024;  // at once

int property(int socket, int name) {
  int value = -1;
  socklen_t size = sizeof(value);
  return ::getsockopt(socket, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
}

}  // namespace

bool takes_copies(int socket, std::uint64_t network) {
  return property(socket, SO_DOMAIN) == AF_UNIX && property(socket, SO_TYPE) == SOCK_SEQPACKET &&
         property(socket, SO_ACCEPTCONN) == 0 && network != 0 && network_of(socket) == network;
}

void CommandCopies::start(UniqueFd to) {
  stop();
  to_ = std::move(to);
}

void CommandCopies::stop() {
  to_.reset();
  writer_.clear();
  copying_ = part_in_packet_ = false;
  whole_in_packet_ = 0;
}

void CommandCopies::take(const net::WsPiece& piece) {
  const unsigned opcode = piece.first & kOpcode;
  if (!to_ || opcode >= kClose) return;  // control frames may come inside a message
  if (opcode != kContinuation && piece.at == 0) {
    copying_ = begins_ = opcode == kText;
    compressed_ = (piece.first & kCompressed) != 0;
    copied_ = 0;
  }
  if (copying_) add(piece);
}

void CommandCopies::add(const net::WsPiece& piece) {
  std::array<char, kUnmasked> plain;
  auto left = piece.masked;
  do {
    if (writer_.room() == 0) flush();
    if (!copying_) return;  // it was lost
    const auto size = std::min({left.size(), plain.size(), writer_.room(), wire::kMaxCopied - copied_});
    const auto at = piece.at + static_cast<std::uint64_t>(piece.masked.size() - left.size());
    for (std::size_t i = 0; i < size; ++i) plain[i] = static_cast<char>(left[i] ^ piece.mask[(at + i) % 4]);
    left.remove_prefix(size);
    copied_ += size;
    const bool all = left.empty() && (piece.first & kFinal) != 0 && at + size == piece.length;
    const bool cut = !all && copied_ == wire::kMaxCopied;
    writer_.add({.begins = begins_,
                 .ends = all || cut,
                 .compressed = begins_ && compressed_,
                 .cut = cut,
                 .bytes = {plain.data(), size}});
    begins_ = false;
    copying_ = !all && !cut;
    whole_in_packet_ += copying_ ? 0 : 1;
    part_in_packet_ = copying_;
  } while (copying_ && !left.empty());
}

void CommandCopies::flush() {
  if (writer_.is_empty()) return;
  const auto packet = writer_.packet(lost_);
  const auto sent = ::send(to_.get(), packet.data(), packet.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN && errno != ENOBUFS && errno != ENOMEM)
    return stop();  // the agent has closed its end
  if (sent < 0) {
    lost_ += whole_in_packet_ + (part_in_packet_ ? 1 : 0);
    if (part_in_packet_) copying_ = false;
  }
  writer_.clear();
  whole_in_packet_ = 0;
  part_in_packet_ = false;
}

}  // namespace wye::relay
