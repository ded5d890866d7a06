#include "vm/fs/new_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/encoding.h"
#include "base/random.h"
#include "base/try.h"
#include "vm/fs/file_error.h"

namespace wye::vm {
namespace {

bool link_as(const UniqueFd& file, int directory, const std::string& name) {
  const auto source = "/proc/self/fd/" + std::to_string(file.get());
  return ::linkat(AT_FDCWD, source.c_str(), directory, name.c_str(), AT_SYMLINK_FOLLOW) == 0;
}

// Says in advance what the end would say, before a body is read for nothing.
Result<void> may_replace(const NewPlace& place, const VmPath& path) {
  struct stat status {};
  if (!place.missing.empty() ||
      ::fstatat(place.nearest.get(), place.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
    return {};
  if (S_ISDIR(status.st_mode)) return file_error(EISDIR, path.text());
  if (!S_ISREG(status.st_mode) && !S_ISLNK(status.st_mode)) return not_a_file(path.text());
  return {};
}

// Gives the file the name in the directory, in place of a file or link of that name; returns an errno or 0.
int give_name(const UniqueFd& file, int directory, const std::string& name) {
  if (link_as(file, directory, name)) return 0;
  if (errno != EEXIST) return errno;
  const auto hidden = hidden_name();
  if (!link_as(file, directory, hidden)) return errno;
  if (::renameat(directory, hidden.c_str(), directory, name.c_str()) == 0) return 0;
  const auto error = errno;
  ::unlinkat(directory, hidden.c_str(), 0);
  return error;
}

Result<void> check_names(const NewPlace& place, const VmPath& path) {
  // A name that is too long would be refused only at the end.
  if (place.name.size() > NAME_MAX) return file_error(ENAMETOOLONG, path.text());
  for (const auto& directory : place.missing)
    if (directory.size() > NAME_MAX) return file_error(ENAMETOOLONG, path.text());
  return {};
}

// By the mount, not the file system: names of one file cannot be on two mounts of it either.
bool same_mount(const UniqueFd& a, const UniqueFd& b) {
  struct statx of_a {
  }, of_b{};
  const auto look = [](const UniqueFd& at, struct statx& out) {
    return ::statx(at.get(), "", AT_EMPTY_PATH, STATX_MNT_ID, &out) == 0 &&
           (out.stx_mask & STATX_MNT_ID) != 0;
  };
  return look(a, of_a) && look(b, of_b) && of_a.stx_mnt_id == of_b.stx_mnt_id;
}

Result<UniqueFd> nameless_file(int directory, mode_t mode, const VmPath& path) {
  UniqueFd file(::openat(directory, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (!file || ::fchmod(file.get(), mode) != 0) return file_error(errno, path.text());
  return file;
}

}  // namespace

std::string hidden_name() {
  SystemRandom random;
  std::array<std::uint8_t, 8> bytes;
  random.fill(bytes);
  return ".wye-new-" + hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

Result<NewFile> NewFile::open(const VmPath& path, mode_t mode) {
  WYE_TRY(auto place, new_place_of(path));
  WYE_CHECK(may_replace(place, path));
  WYE_CHECK(check_names(place, path));
  WYE_TRY(auto file, nameless_file(place.nearest.get(), mode, path));
  NewFile out(path, mode, std::move(file));
  out.place_ = std::move(place);
  return out;
}

Result<NewFile> NewFile::open_unplaced(const VmPath& home, mode_t mode) {
  WYE_TRY(const auto directory, open_path(home, O_PATH | O_DIRECTORY));
  WYE_TRY(auto file, nameless_file(directory.get(), mode, home));
  return NewFile(home, mode, std::move(file));
}

Result<void> NewFile::place(const VmPath& path) {
  WYE_TRY(auto place, new_place_of(path));
  WYE_CHECK(may_replace(place, path));
  WYE_CHECK(check_names(place, path));
  path_ = path;
  place_ = std::move(place);
  return same_mount(file_, place_.nearest) ? Result<void>() : move_to(place_.nearest);
}

Result<void> NewFile::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto wrote = ::write(file_.get(), bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return file_error(wrote == 0 ? ENOSPC : errno, path_.text());
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return {};
}

Result<void> NewFile::expect(std::uint64_t bytes) const {
  struct statvfs system {};
  if (::fstatvfs(file_.get(), &system) != 0) return {};
  return bytes / system.f_frsize > system.f_bavail ? Result<void>(file_error(ENOSPC, path_.text()))
                                                   : Result<void>();
}

Result<void> NewFile::commit() {
  WYE_TRY(const auto directory, make_missing(place_, path_));
  const auto error = give_name(file_, directory.get(), place_.name);
  return error == 0 ? Result<void>() : Result<void>(file_error(error, path_.text()));
}

// For a file that was begun on another file system than it goes to.
Result<void> NewFile::move_to(const UniqueFd& directory) {
  WYE_TRY(auto copy, nameless_file(directory.get(), mode_, path_));
  std::array<char, 1 << 16> piece;
  for (off_t at = 0;;) {
    const auto got = ::pread(file_.get(), piece.data(), piece.size(), at);
    if (got < 0) return file_error(errno, path_.text());
    if (got == 0) break;
    at += got;
    for (ssize_t done = 0; done < got;) {
      const auto wrote = ::write(copy.get(), piece.data() + done, static_cast<std::size_t>(got - done));
      if (wrote <= 0) return file_error(errno, path_.text());
      done += wrote;
    }
  }
  file_ = std::move(copy);
  return {};
}

Result<UniqueFd> NewFile::take() && {
  if (::lseek(file_.get(), 0, SEEK_SET) != 0) return file_error(errno, path_.text());
  return std::move(file_);
}

}  // namespace wye::vm
