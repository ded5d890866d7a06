#pragma once

#include <string>
#include <string_view>

#include "net/http_message.h"
#include "wye/result.h"

// A server's half of a WebSocket's handshake (RFC 6455 §4.2). Pure.
namespace wye::net {

/// Checks a request for a WebSocket, and returns the head of the 101 that grants it. No extension and no
/// subprotocol is agreed on. 400 for what is no such request, 426 for another version of the protocol.
[[nodiscard]] Result<std::string> accept_websocket(const RequestHead& request);

}  // namespace wye::net
