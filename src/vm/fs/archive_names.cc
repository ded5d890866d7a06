#include "vm/fs/archive_names.h"

#include <algorithm>

#include "base/encoding.h"
#include "vm/fs/file_error.h"

namespace wye::vm {
namespace {

constexpr std::size_t kMaxName = 255, kMaxPath = 4095, kMaxDepth = 128;

Error refused(std::string_view name, const char* why) {
  constexpr std::size_t kShown = 200;
  return bad_file_request("archive_refused",
                          "the archive's entry " + utf8_decode(name.substr(0, kShown)) + ' ' + why);
}

std::string_view take_segment(std::string_view& path) {
  const auto end = std::min(path.find('/'), path.size());
  const auto segment = path.substr(0, end);
  path.remove_prefix(std::min(end + 1, path.size()));
  return segment;
}

}  // namespace

Result<std::optional<std::string>> unpacked_name(std::string_view entry, std::size_t strip) {
  if (entry.size() > kMaxPath) return refused(entry, "has too long a name");
  if (entry.starts_with('/')) return refused(entry, "has an absolute name");
  if (entry.find('\0') != std::string_view::npos || !is_utf8(entry))
    return refused(entry, "has a name that is not UTF-8");
  std::string out;
  std::size_t depth = 0;
  for (auto rest = entry; !rest.empty();) {
    const auto segment = take_segment(rest);
    if (segment.empty() || segment == ".") continue;
    if (segment == "..") return refused(entry, "leads out of its directory");
    if (segment.size() > kMaxName) return refused(entry, "has too long a name");
    if (++depth > kMaxDepth) return refused(entry, "is too deep");
    if (depth <= strip) continue;
    if (!out.empty()) out += '/';
    out += segment;
  }
  return out.empty() ? std::optional<std::string>() : std::optional(std::move(out));
}

Result<void> check_link(std::string_view name, std::string_view target) {
  if (target.empty() || target.starts_with('/') || target.size() > kMaxPath ||
      target.find('\0') != std::string_view::npos)
    return refused(name, "is a link that leads out of its directory");
  auto up = std::count(name.begin(), name.end(), '/');
  bool down = false;
  for (auto rest = target; !rest.empty();) {
    const auto segment = take_segment(rest);
    if (segment.empty() || segment == ".") continue;
    if (segment != "..") {
      down = true;
      continue;
    }
    // Behind a name, ".." leads to the parent of what that name is by then.
    if (down || --up < 0) return refused(name, "is a link that leads out of its directory");
  }
  return {};
}

}  // namespace wye::vm
