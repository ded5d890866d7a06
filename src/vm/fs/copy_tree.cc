#include "vm/fs/copy_tree.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/try.h"
#include "vm/fs/directory_entries.h"
#include "vm/fs/file_error.h"

namespace wye::vm {
namespace {

constexpr int kMaxDepth = 256;
constexpr mode_t kModeBits = 07777;

Result<void> copy_bytes(int from, int to, const std::string& name) {
  std::array<char, 1 << 16> piece;
  for (;;) {
    const auto got = ::read(from, piece.data(), piece.size());
    if (got == 0) return {};
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return file_error(errno, name);
    for (ssize_t done = 0; done < got;) {
      const auto wrote = ::write(to, piece.data() + done, static_cast<std::size_t>(got - done));
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote <= 0) return file_error(errno, name);
      done += wrote;
    }
  }
}

Result<void> keep_times(int to, const struct stat& status, const std::string& name) {
  const std::array<timespec, 2> times{status.st_atim, status.st_mtim};
  if (::fchmod(to, status.st_mode & kModeBits) != 0 || ::futimens(to, times.data()) != 0)
    return file_error(errno, name);
  return {};
}

Result<void> copy_file(int from_directory, const std::string& from, int to_directory, const std::string& to) {
  const UniqueFd in(::openat(from_directory, from.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat status {};
  if (!in || ::fstat(in.get(), &status) != 0) return file_error(errno, from);
  if (!S_ISREG(status.st_mode)) return not_a_file(from);
  const UniqueFd out(::openat(to_directory, to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!out) return file_error(errno, to);
  WYE_CHECK(copy_bytes(in.get(), out.get(), from));
  return keep_times(out.get(), status, to);
}

Result<void> copy_link(int from_directory, const std::string& from, int to_directory, const std::string& to) {
  std::array<char, PATH_MAX> target;
  const auto size = ::readlinkat(from_directory, from.c_str(), target.data(), target.size() - 1);
  if (size < 0) return file_error(errno, from);
  target[static_cast<std::size_t>(size)] = '\0';
  if (::symlinkat(target.data(), to_directory, to.c_str()) != 0) return file_error(errno, to);
  return {};
}

Result<void> copy_any(int from_directory, const std::string& from, int to_directory, const std::string& to,
                      int depth) {
  if (depth > kMaxDepth) return bad_file_request("too_many", "the directory is more than 256 levels deep");
  struct stat status {};
  if (::fstatat(from_directory, from.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
    return file_error(errno, from);
  if (S_ISLNK(status.st_mode)) return copy_link(from_directory, from, to_directory, to);
  if (S_ISREG(status.st_mode)) return copy_file(from_directory, from, to_directory, to);
  if (!S_ISDIR(status.st_mode)) return not_a_file(from);
  const UniqueFd in(::openat(from_directory, from.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!in || ::mkdirat(to_directory, to.c_str(), 0700) != 0) return file_error(errno, from);
  const UniqueFd out(::openat(to_directory, to.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!out) return file_error(errno, to);
  WYE_TRY(const auto names, names_in(in));
  for (const auto& name : names) WYE_CHECK(copy_any(in.get(), name, out.get(), name, depth + 1));
  return keep_times(out.get(), status, to);
}

}  // namespace

Result<void> copy_tree(int from_directory, const std::string& from, int to_directory, const std::string& to) {
  return copy_any(from_directory, from, to_directory, to, 1);
}

}  // namespace wye::vm
