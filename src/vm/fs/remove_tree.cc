#include "vm/fs/remove_tree.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "base/try.h"
#include "vm/fs/directory_entries.h"
#include "vm/fs/file_error.h"

namespace wye::vm {
namespace {

constexpr int kMaxDepth = 256;

Result<void> remove_inside(const UniqueFd& parent, const std::string& name, int depth) {
  if (depth > kMaxDepth) return bad_file_request("too_many", "the directory is more than 256 levels deep");
  {
    const UniqueFd directory(
        ::openat(parent.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!directory) return file_error(errno, name);
    WYE_TRY(const auto names, names_in(directory));
    for (const auto& entry : names) {
      if (::unlinkat(directory.get(), entry.c_str(), 0) == 0 || errno == ENOENT) continue;
      if (errno != EISDIR) return file_error(errno, entry);
      WYE_CHECK(remove_inside(directory, entry, depth + 1));
    }
  }
  if (::unlinkat(parent.get(), name.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT)
    return file_error(errno, name);
  return {};
}

}  // namespace

Result<void> remove_tree(const UniqueFd& parent, const std::string& name) {
  return remove_inside(parent, name, 1);
}

}  // namespace wye::vm
