#pragma once

#include <memory>
#include <string>

#include "metro/session_directory.h"
#include "relay/relays.h"

namespace wye::metro {

/// What the metro keeps of a WebSocket that a relay process has (`Relays::Kept`): a hold on its session, and
/// the session's end.
class RelayedSocket {
 public:
  explicit RelayedSocket(SessionHold hold) : hold_(std::move(hold)) {}
  /// Tells the relay when the session ends; at once if it has ended. Call it once the relay has the
  /// WebSocket.
  void end_with(SessionDirectory& directory, relay::Relays& relays, const std::string& session) {
    ending_ = directory.on_ending(session, [&relays, session] { relays.end_session(session); });
  }
  /// Returns the hold, when no relay took the WebSocket.
  [[nodiscard]] SessionHold give_back() { return std::move(hold_); }

 private:
  SessionHold hold_;
  std::shared_ptr<void> ending_;
};

/// For the WebSockets that an earlier server has left: null when the session is not live here.
[[nodiscard]] inline relay::Relays::Adopt adopt_relayed(SessionDirectory& directory, relay::Relays& relays) {
  return [&directory, &relays](const std::string& session) -> relay::Relays::Kept {
    SessionDirectory::View view;
    auto hold = directory.hold(session, &view);
    if (!hold) return nullptr;
    auto kept = std::make_shared<RelayedSocket>(std::move(hold));
    kept->end_with(directory, relays, session);
    return kept;
  };
}

}  // namespace wye::metro
