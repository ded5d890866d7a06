#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace wye::vm {

/// Recognizes the commands that end Chromium, `Browser.close` and `Browser.crash`, among a client's small
/// frames. Chromium answers the first and goes on for a while, letting others in and answering them, too:
/// only who saw the command pass knows that it is ending.
class EndingCommand {
 public:
  EndingCommand();
  ~EndingCommand();

  /// `first`: FIN, RSV1 (compressed) and opcode of a frame; its payload unmasked.
  [[nodiscard]] bool is_in(unsigned char first, std::string_view payload);

 private:
  struct Inflater;
  [[nodiscard]] std::string_view inflated(std::string_view payload);
  std::unique_ptr<Inflater> inflater_;  // made for the first compressed frame
};

/// A client's `Sec-WebSocket-Extensions` with every offer of permessage-deflate such that each message from
/// the client is compressed by itself (RFC 7692 §7.1.1.2): only so can one be read that passes.
[[nodiscard]] std::string offers_without_context(std::string_view offers);

}  // namespace wye::vm
