#include "control/api/api_path.h"

#include <algorithm>

#include "wire/known_api.h"

namespace wye::control {
namespace {

bool is_version(std::string_view segment) {
  return segment.size() >= 2 && segment[0] == 'v' &&
         std::all_of(segment.begin() + 1, segment.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::string_view without_version(std::string_view path) {
  if (!path.starts_with('/')) return path;
  const auto end = std::min(path.find('/', 1), path.size());
  if (!is_version(path.substr(1, end - 1))) return path;
  return end == path.size() ? "/" : path.substr(end);
}

Error not_served(std::string_view path) {
  if (path.starts_with('/')) path.remove_prefix(1);
  while (path.ends_with('/')) path.remove_suffix(1);
  if (wire::is_known_resource(path)) return wire::not_implemented(path);
  return {.kind = ErrorKind::not_found, .code = "not_found", .message = "no such path"};
}

}  // namespace wye::control
