#include "routing/browser_path.h"

#include "routing/url.h"

namespace wye::routing {
namespace {

bool is_version(std::string_view segment) {
  return segment.size() >= 2 && segment[0] == 'v' &&
         segment.find_first_not_of("0123456789", 1) == segment.npos;
}

bool has_dot_segment(std::string_view path) {
  for (;;) {
    const auto end = path.find('/');
    const auto segment = path.substr(0, end);
    // The first byte rules out most segments.
    if (!segment.empty() && (segment[0] == '.' || segment[0] == '%') && is_dot_segment(segment)) return true;
    if (end == std::string_view::npos) return false;
    path.remove_prefix(end + 1);
  }
}

}  // namespace

std::string_view without_version(std::string_view path) {
  if (path.starts_with('/')) path.remove_prefix(1);
  const auto end = path.find('/');
  if (end != std::string_view::npos && is_version(path.substr(0, end))) path.remove_prefix(end + 1);
  return path;
}

std::string_view BrowserPath::plain_tail() const {
  const auto first = tail.find_first_not_of('/');
  return tail.substr(first, tail.find_last_not_of('/') - first + 1);
}

std::optional<BrowserPath> browser_path(std::string_view path) {
  constexpr std::string_view kBrowsers = "browsers/";
  path = without_version(path);
  if (!path.starts_with(kBrowsers)) return std::nullopt;
  path.remove_prefix(kBrowsers.size());
  const auto slash = path.find('/');
  if (slash == std::string_view::npos || slash == 0) return std::nullopt;
  const BrowserPath out{path.substr(0, slash), path.substr(slash + 1)};
  if (out.tail.find_first_not_of('/') == std::string_view::npos || has_dot_segment(path)) return std::nullopt;
  return out;
}

}  // namespace wye::routing
