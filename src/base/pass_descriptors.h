#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"

namespace wye {

/// Bytes from a unix socket, with the descriptors that came with them.
struct Received {
  enum class What {
    bytes,
    nothing_yet,  ///< The socket does not block, and nothing is there.
    end,          ///< The peer has ended the connection, or broken it.
    refused,      ///< More descriptors came than are taken; all of them are closed. The bytes are lost.
  };
  What what = What::end;
  std::size_t size = 0;  ///< Of `bytes`, or of one message on a socket of messages.
  bool cut = false;      ///< A message was longer than the room for it.
  std::vector<UniqueFd> descriptors;
};

/// The most descriptors that one message carries here.
inline constexpr std::size_t kMostPassed = 3;

/// Sends all of `bytes` now, in one piece and with the descriptors; the receiver gets copies. False when the
/// kernel does not take it as a whole (`errno` says why), and then nothing was sent, but for a stream that
/// takes a part: that is false, too, and the connection is of no more use. `bytes` must not be empty.
[[nodiscard]] bool send_with_descriptors(int socket, std::string_view bytes,
                                         std::span<const int> descriptors);

/// Reads once. At most `most` descriptors are taken (`kMostPassed` at most); whoever sends more is not to be
/// trusted. All are close-on-exec.
[[nodiscard]] Received receive_with_descriptors(int socket, std::span<char> room, std::size_t most);

}  // namespace wye
