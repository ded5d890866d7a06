#include "net/path_pattern.h"

#include <algorithm>
#include <stdexcept>

#include "base/encoding.h"

namespace wye::net {
namespace {

constexpr std::string_view kOne = "{}", kRest = "**";

std::string_view next_segment(std::string_view& rest) {
  const auto end = std::min(rest.find('/'), rest.size());
  const auto segment = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return segment;
}

std::string_view without_outer_slashes(std::string_view path) {
  if (path.starts_with('/')) path.remove_prefix(1);
  while (path.ends_with('/')) path.remove_suffix(1);
  return path;
}

int rank(std::string_view segment) {
  if (segment == kRest) return 2;
  return segment == kOne ? 1 : 0;
}

bool is_well_formed_segment(std::string_view segment) {
  const auto plain = percent_decode(segment);
  return plain && *plain != "." && *plain != ".." &&
         plain->find_first_of(std::string_view("/\\\0", 3)) == std::string::npos;
}

}  // namespace

bool PathParameters::add(std::string_view segment) {
  auto plain = percent_decode(segment);
  if (size_ == kMost || !plain || plain->empty() || plain->size() > kMaxBytes || !is_utf8(*plain))
    return false;
  values_[size_++] = std::move(*plain);
  return true;
}

PathPattern::PathPattern(std::string_view pattern) {
  if (!pattern.starts_with('/')) throw std::logic_error("a path's pattern begins with a slash");
  for (auto rest = pattern.substr(1); !rest.empty();) segments_.emplace_back(next_segment(rest));
  std::size_t parameters = 0;
  for (const auto& segment : segments_) {
    parameters += segment == kOne ? 1 : 0;
    const bool is_last = &segment == &segments_.back();
    if (segment.empty() || parameters > PathParameters::kMost || (segment == kRest && !is_last))
      throw std::logic_error("not a path's pattern: " + std::string(pattern));
  }
}

PathMatch PathPattern::match(std::string_view path, PathParameters& out) const {
  out.size_ = 0;
  out.rest_ = {};
  auto rest = without_outer_slashes(path);
  for (const auto& wanted : segments_) {
    if (wanted == kRest) {
      out.rest_ = rest;
      return PathMatch::yes;
    }
    if (rest.empty()) return PathMatch::no;
    const auto segment = next_segment(rest);
    if (wanted != kOne && wanted != segment) return PathMatch::no;
    if (wanted == kOne && !out.add(segment)) return PathMatch::malformed;
  }
  return rest.empty() ? PathMatch::yes : PathMatch::no;
}

bool PathPattern::goes_before(const PathPattern& other) const {
  return std::lexicographical_compare(segments_.begin(), segments_.end(), other.segments_.begin(),
                                      other.segments_.end(),
                                      [](const auto& a, const auto& b) { return rank(a) < rank(b); });
}

bool is_well_formed_path(std::string_view path) {
  if (!path.starts_with('/')) return false;
  path.remove_prefix(1);
  // Most paths have nothing to decode, and no segment that leads upwards.
  if (path.find_first_of(std::string_view("%.\\\0", 4)) == std::string_view::npos) return true;
  while (!path.empty())
    if (!is_well_formed_segment(next_segment(path))) return false;
  return true;
}

}  // namespace wye::net
