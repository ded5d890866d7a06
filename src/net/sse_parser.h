#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "wye/result.h"

namespace wye::net {

/// One server-sent event, or a comment.
struct SseEvent {
  std::string id;
  std::string event;
  std::string data;
  bool is_comment =
      false;  ///< Whether the line began with a colon: `data` is what followed it, the rest is empty.
};

/// Parses server-sent events from pieces of any size (HTML Standard, "Interpreting an event stream"). Pure;
/// bounded.
class SseParser {
 public:
  static constexpr std::size_t kMaxEventBytes = 4u << 20;
  /// Fails with `overloaded` when a line or an event grows beyond the bound; the parser is useless
  /// afterwards.
  Result<void> feed(std::string_view bytes);
  /// Returns the next whole event.
  [[nodiscard]] std::optional<SseEvent> next();

 private:
  Result<void> take_line(std::string_view line);
  std::string line_, data_, event_, last_id_;
  bool has_data_ = false, skip_newline_ = false, at_start_ = true;
  std::deque<SseEvent> ready_;
};

}  // namespace wye::net
