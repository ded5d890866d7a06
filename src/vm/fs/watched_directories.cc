#include "vm/fs/watched_directories.h"

#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include <cerrno>

#include "base/try.h"
#include "vm/fs/directory_entries.h"
#include "vm/fs/file_error.h"

namespace wye::vm {
namespace {

constexpr int kMaxDepth = 128;
// Without what happens to a file that has no name (any longer).
constexpr std::uint32_t kMask = IN_CREATE | IN_MODIFY | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO |
                                IN_DELETE_SELF | IN_MOVE_SELF | IN_EXCL_UNLINK;

Error too_many() { return bad_file_request("too_many", "the browser cannot watch that many directories"); }

struct Walk {
  const UniqueFd& inotify;
  const bool recursive;
  const std::size_t room;
  std::vector<Watched> out;
  std::size_t inside = 0;

  // The watch comes first: what appears after the listing has an event of its own.
  Result<void> visit(const UniqueFd& at, const std::string& path, int depth) {
    if (out.size() >= room || depth > kMaxDepth) return too_many();
    const auto same = "/proc/self/fd/" + std::to_string(at.get());
    const auto wd = ::inotify_add_watch(inotify.get(), same.c_str(), kMask);
    if (wd < 0) return errno == ENOSPC ? too_many() : file_error(errno, path);
    out.push_back({.wd = wd, .path = path, .inside = {}});
    struct stat status {};
    if (!recursive || ::fstat(at.get(), &status) != 0 || !S_ISDIR(status.st_mode)) return {};
    const auto mine = out.size() - 1;
    const UniqueFd directory(::open(same.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory) return file_error(errno, path);
    WYE_TRY(const auto names, names_in(directory));
    for (const auto& name : names) {
      if (is_hidden_name(name) || ::fstatat(directory.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
        continue;
      if (++inside > kMaxInside)
        ++out[mine].more;
      else
        out[mine].inside.push_back({name, S_ISDIR(status.st_mode)});
      if (!S_ISDIR(status.st_mode)) continue;
      const UniqueFd below(
          ::openat(directory.get(), name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
      if (!below) continue;
      const auto done = visit(below, path == "/" ? path + name : path + '/' + name, depth + 1);
      // A directory that the user may not read, or that is gone, has nothing to tell.
      if (!done && done.error().code == "too_many") return done;
    }
    return {};
  }
};

}  // namespace

bool is_hidden_name(std::string_view name) { return name.starts_with(".wye-new-"); }

Result<std::vector<Watched>> watch_directories(const UniqueFd& inotify, const VmPath& path, bool recursive,
                                               std::size_t room) {
  WYE_TRY(const auto at, open_path(path, O_PATH));
  Walk walk{.inotify = inotify, .recursive = recursive, .room = room, .out = {}};
  WYE_CHECK(walk.visit(at, path.text(), 1));
  return std::move(walk.out);
}

}  // namespace wye::vm
