#pragma once

#include <string_view>

#include "net/ws_inflate.h"

namespace wye::relay {

/// Recognizes `Browser.close` and `Browser.crash` among a client's small frames. After `Browser.close`
/// Chromium runs on for a while and still admits and answers others, so only the relay, which saw the
/// command, knows that Chromium is ending.
class EndingCommand {
 public:
  EndingCommand();

  /// `first` is a frame's FIN, RSV1 (compressed) and opcode; the payload is unmasked.
  [[nodiscard]] bool is_in(unsigned char first, std::string_view payload);

 private:
  net::WsInflater inflater_;
};

}  // namespace wye::relay
