#pragma once

#include <memory>
#include <string_view>

namespace wye::relay {

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

}  // namespace wye::relay
