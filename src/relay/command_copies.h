#pragma once

#include <cstdint>

#include "base/unique_fd.h"
#include "net/ws_frames.h"
#include "wire/copy_packet.h"

namespace wye::relay {

/// Copies a client's messages to the agent, which has asked for them (vm-api §15): the first 64 KiB of each,
/// not understood. It never waits: the kernel's queue of packets is the bound, and messages that the queue
/// does not take are lost and counted.
class CommandCopies {
 public:
  /// Begins with the next message. Replaces an earlier socket.
  void start(UniqueFd to);
  void stop();
  /// In the order of the client's bytes.
  void take(const net::WsPiece& piece);
  /// Sends what was taken.
  void flush();
  /// How many messages that began while it was on were not sent as a whole.
  [[nodiscard]] std::int64_t lost() const { return lost_; }

 private:
  void add(const net::WsPiece& piece);

  UniqueFd to_;
  wire::CopyWriter writer_;
  std::int64_t lost_ = 0;
  // The message under way is copied from its beginning, until its end, its first 64 KiB or a loss.
  bool copying_ = false, begins_ = false, compressed_ = false;
  std::size_t copied_ = 0;
  // What the packet holds: messages that end in it, and a part of the one under way.
  std::int64_t whole_in_packet_ = 0;
  bool part_in_packet_ = false;
};

/// Whether the agent may have copies sent to that socket: one of packets, made in the VM's network.
[[nodiscard]] bool takes_copies(int socket, std::uint64_t network);

}  // namespace wye::relay
