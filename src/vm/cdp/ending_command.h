#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace wye::vm {

/// Recognizes `Browser.close` and `Browser.crash` among a client's small frames. After `Browser.close`
/// Chromium runs on for a while and still admits and answers others, so only the relay, which saw the
/// command, knows that Chromium is ending.
class EndingCommand {
 public:
  EndingCommand();
  ~EndingCommand();

  /// `first` is a frame's FIN, RSV1 (compressed) and opcode; the payload is unmasked.
  [[nodiscard]] bool is_in(unsigned char first, std::string_view payload);

 private:
  struct Inflater;
  [[nodiscard]] std::string_view inflated(std::string_view payload);
  std::unique_ptr<Inflater> inflater_;  // made for the first compressed frame
};

/// Rewrites a client's `Sec-WebSocket-Extensions` so that each of its messages is compressed by itself (RFC
/// 7692 §7.1.1.2). Otherwise a passing message could not be read.
[[nodiscard]] std::string offers_without_context(std::string_view offers);

}  // namespace wye::vm
