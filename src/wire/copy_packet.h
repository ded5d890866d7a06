#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// Copies of a client's messages to DevTools, which a relay sends the agent over a socket of packets, and in
// parts of messages (vm-api §15). A packet arrives whole or not at all.
namespace wye::wire {

/// With everything that belongs to it.
inline constexpr std::size_t kMaxCopyPacket = 64 * 1024;
/// The most of one message that is copied, as it was sent: compressed or not.
inline constexpr std::size_t kMaxCopied = 64 * 1024;

/// A part of one message. One that does not begin a message goes on with the part before it.
struct CopyPart {
  bool begins = false, ends = false;
  bool compressed = false;  ///< By permessage-deflate (RFC 7692), each message by itself.
  bool cut = false;         ///< Of the last part: the message is longer.
  std::string_view bytes;
};

/// Makes packets.
class CopyWriter {
 public:
  /// How many bytes the next part may have now; 0: the packet is full.
  [[nodiscard]] std::size_t room() const;
  void add(const CopyPart& part);
  [[nodiscard]] bool is_empty() const { return packet_.empty(); }
  /// `lost` counts the messages since the beginning that were not copied as a whole.
  [[nodiscard]] std::string_view packet(std::int64_t lost);
  /// Begins the next packet.
  void clear();

 private:
  std::string packet_;
};

/// Reads one packet; the parts show into it.
class CopyReader {
 public:
  explicit CopyReader(std::string_view packet);
  [[nodiscard]] std::int64_t lost() const { return lost_; }
  /// Nothing at the packet's end, or where it is no packet.
  [[nodiscard]] std::optional<CopyPart> next();

 private:
  std::string_view rest_;
  std::int64_t lost_ = 0;
};

}  // namespace wye::wire
