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

}  // namespace

std::string hidden_name() {
  SystemRandom random;
  std::array<std::uint8_t, 8> bytes;
  random.fill(bytes);
  return ".wye-new-" + hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

Result<void> give_name(const UniqueFd& file, int directory, const std::string& name) {
  if (link_as(file, directory, name)) return {};
  if (errno != EEXIST) return file_error(errno, name);
  const auto hidden = hidden_name();
  if (!link_as(file, directory, hidden)) return file_error(errno, name);
  if (::renameat(directory, hidden.c_str(), directory, name.c_str()) == 0) return {};
  const auto error = errno;
  ::unlinkat(directory, hidden.c_str(), 0);
  return file_error(error, name);
}

Result<NewFile> NewFile::open(const VmPath& path, mode_t mode) {
  WYE_TRY(auto place, new_place_of(path));
  WYE_CHECK(may_replace(place, path));
  // A name as long as the kernel refuses would be refused only at the end.
  if (place.name.size() > NAME_MAX) return file_error(ENAMETOOLONG, path.text());
  for (const auto& directory : place.missing)
    if (directory.size() > NAME_MAX) return file_error(ENAMETOOLONG, path.text());
  UniqueFd file(::openat(place.nearest.get(), ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600));
  if (!file || ::fchmod(file.get(), mode) != 0) return file_error(errno, path.text());
  return NewFile(path, std::move(place), std::move(file));
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
  return give_name(file_, directory.get(), place_.name);
}

}  // namespace wye::vm
