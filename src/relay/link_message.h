#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// What a server and a relay process tell each other, over a unix socket of messages (SOCK_SEQPACKET). A relay
// outlives servers, and so may be older than the one it talks to: the first message of either side names the
// version that it speaks, and another version ends the link.
namespace wye::relay {

inline constexpr int kLinkVersion = 1;
/// Of a message: its head and what was read of both sides before the relay began.
inline constexpr std::size_t kMaxLinkMessage = 128 * 1024;

/// One message. `number` names a WebSocket; the server chooses it, never twice for one relay.
struct LinkMessage {
  enum class What {
    hello,  ///< Both sides, first. `number`: the version; the relay also says how many it takes (`count`).
    has,    ///< Relay: this one lives, from an earlier server. After its hello.
    ready,  ///< Relay: that were all.
    open,   ///< Server: relay this one. With descriptors: client, DevTools, line.
    end,    ///< Server: the session has ended.
    over,   ///< Relay: this one has ended.
  };
  What what = What::hello;
  std::uint64_t number = 0;
  std::uint64_t count = 0;    ///< Of `hello`.
  std::uint64_t network = 0;  ///< Of `open`: the VM's.
  std::string session;        ///< Of `has`, `open` and `end`.
  std::string from_client;    ///< Of `open`.
  std::string from_devtools;  ///< Of `open`.
};

[[nodiscard]] std::string to_text(const LinkMessage& message);
/// Nothing when it is none.
[[nodiscard]] std::optional<LinkMessage> parse_link_message(std::string_view text);

}  // namespace wye::relay
