#pragma once

#include <string>

#include "base/unique_fd.h"
#include "wye/result.h"

// The sockets between servers and relay processes: unix sockets of messages. Paths may be longer than a
// socket address holds.
namespace wye::relay {

/// Replaces what is at the path.
[[nodiscard]] Result<UniqueFd> listen_for_links(const std::string& path);
/// `disconnected` when nothing listens there.
[[nodiscard]] Result<UniqueFd> connect_link(const std::string& path);
/// Whether the peer is a process of this process's own user, or of root.
[[nodiscard]] bool is_own_peer(int link);

}  // namespace wye::relay
