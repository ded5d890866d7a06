#include "net/sse_parser.h"

#include "base/try.h"

namespace wye::net {
namespace {

Error too_long() {
  return {.kind = ErrorKind::overloaded,
          .code = "event_too_large",
          .message = "a server-sent event is larger than 4 MiB"};
}

}  // namespace

std::optional<SseEvent> SseParser::next() {
  if (ready_.empty()) return std::nullopt;
  auto event = std::move(ready_.front());
  ready_.pop_front();
  return event;
}

Result<void> SseParser::take_line(std::string_view line) {
  if (std::exchange(at_start_, false) && line.starts_with("\xef\xbb\xbf")) line.remove_prefix(3);
  if (line.empty()) {
    if (has_data_) ready_.push_back({.id = last_id_, .event = event_, .data = std::move(data_)});
    data_.clear();
    event_.clear();
    has_data_ = false;
    return {};
  }
  const auto colon = line.find(':');
  auto value = colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (colon == 0) {
    ready_.push_back({.data = std::string(value), .is_comment = true});
    return {};
  }
  const auto field = line.substr(0, colon);
  if (field == "data") {
    if (data_.size() + value.size() > kMaxEventBytes) return too_long();
    if (has_data_) data_ += '\n';
    data_ += value;
    has_data_ = true;
  } else if (field == "id") {
    if (value.find('\0') == std::string_view::npos) last_id_ = value;
  } else if (field == "event") {
    event_ = value;
  }
  return {};
}

Result<void> SseParser::feed(std::string_view bytes) {
  while (!bytes.empty()) {
    if (std::exchange(skip_newline_, false) && bytes.front() == '\n') {
      bytes.remove_prefix(1);
      continue;
    }
    const auto end = bytes.find_first_of("\r\n");
    const auto part = bytes.substr(0, end);
    if (line_.size() + part.size() > kMaxEventBytes) return too_long();
    line_ += part;
    if (end == std::string_view::npos) return {};
    skip_newline_ = bytes[end] == '\r';
    bytes.remove_prefix(end + 1);
    WYE_CHECK(take_line(line_));
    line_.clear();
  }
  return {};
}

}  // namespace wye::net
