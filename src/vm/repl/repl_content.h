#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace wye::vm {

/// What a REPL's code has written and shown, in its order; bounded (wire-api §23).
class ReplContent {
 public:
  static constexpr std::size_t kMostItems = 1000, kMostText = 256 * 1024, kLargestImage = 8u << 20,
                               kMostImages = 16u << 20;

  void add_text(std::string_view channel, std::string_view text);
  /// Takes an image as base64.
  void add_image(std::string_view mime_type, std::string_view base64);
  /// Returns `"content":[…]`, with `"content_truncated":true` when something was left out; "" for nothing.
  /// Empties itself.
  [[nodiscard]] std::string take();

 private:
  struct Item {
    std::string channel;  ///< "": an image.
    std::string text;     ///< Or an image's base64.
    std::string mime_type;
  };
  std::deque<Item> items_;
  std::size_t text_ = 0, images_ = 0;
  bool cut_ = false;
};

/// What became of a cell.
struct ReplOutcome {
  std::string repl_id;
  bool success = true, terminated = false;
  std::optional<std::int64_t> duration_ms;
  std::string content;  ///< As `ReplContent::take` writes it.
  std::string error, stack;
};
[[nodiscard]] std::string repl_answer(const ReplOutcome& outcome);

}  // namespace wye::vm
