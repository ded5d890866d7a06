#pragma once

#include <memory>
#include <string_view>

namespace wye::relay {

/// Recognizes `Browser.close` and `Browser.crash` among a client's small frames. After `Browser.close`
/// Chromium goes on for a while, admitting and answering others, so only the relay, which saw the command,
/// knows that Chromium is ending.
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

}  // namespace wye::relay
