#include "vm/worker/frame_reader.h"

#include <algorithm>
#include <charconv>

#include "base/try.h"

namespace wye::vm {
namespace {

constexpr std::size_t kLongestKind = 16, kLongestHead = kLongestKind + 12;

Error malformed(const char* what) {
  return {.kind = ErrorKind::invalid, .code = "bad_frame", .message = what};
}

bool is_kind(std::string_view text) {
  return !text.empty() && text.size() <= kLongestKind &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
}

}  // namespace

std::string frame_text(std::string_view kind, std::string_view body) {
  std::string out(kind);
  out += ' ' + std::to_string(body.size()) + '\n';
  return out.append(body);
}

// Returns whether there is a head.
Result<bool> FrameReader::read_head() {
  const auto end = std::string_view(held_).substr(0, kLongestHead).find('\n');
  if (end == std::string::npos) {
    if (held_.size() >= kLongestHead) return malformed("a frame without a head");
    return false;
  }
  const auto head = std::string_view(held_).substr(0, end);
  const auto space = head.find(' ');
  if (space == std::string::npos || !is_kind(head.substr(0, space)))
    return malformed("a frame without a kind");
  const auto digits = head.substr(space + 1);
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), body_);
  if (digits.empty() || error != std::errc() || stop != digits.data() + digits.size())
    return malformed("a frame without a size");
  if (body_ > largest_) return malformed("a frame that is too large");
  kind_ = head.substr(0, space);
  held_.erase(0, end + 1);
  return true;
}

Result<std::optional<WorkerFrame>> FrameReader::next() {
  if (kind_.empty()) {
    WYE_TRY(const bool there, read_head());
    if (!there) return std::optional<WorkerFrame>();
  }
  if (held_.size() < body_) return std::optional<WorkerFrame>();
  WorkerFrame frame{std::move(kind_), held_.substr(0, body_)};
  kind_.clear();
  held_.erase(0, body_);
  return std::optional<WorkerFrame>(std::move(frame));
}

}  // namespace wye::vm
