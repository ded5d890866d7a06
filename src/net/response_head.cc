#include "net/response_head.h"

namespace wye::net {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Reads the status of `HTTP/1.1 200 OK` and `HTTP/2 200`; 0 where there is none.
int status_of(std::string_view line) {
  const auto space = line.find(' ');
  if (space == std::string_view::npos || line.size() < space + 4) return 0;
  int status = 0;
  for (const char c : line.substr(space + 1, 3)) {
    if (c < '0' || c > '9') return 0;
    status = status * 10 + (c - '0');
  }
  return status;
}

}  // namespace

bool ResponseHead::add_line(std::string_view line) {
  bytes_ += line.size();
  if (bytes_ > kMaxBytes) return false;
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  if (complete_) return true;  // trailers
  if (line.starts_with("HTTP/")) {
    fields.clear();
    status = status_of(line);
    return true;
  }
  if (line.empty()) {
    complete_ = status >= 200 || status == 101;
    return true;
  }
  if ((line.front() == ' ' || line.front() == '\t') && !fields.empty()) {
    (fields.back().second += ' ') += trimmed(line);
    return true;
  }
  const auto colon = line.find(':');
  if (colon != std::string_view::npos)
    fields.emplace_back(line.substr(0, colon), trimmed(line.substr(colon + 1)));
  return true;
}

}  // namespace wye::net
