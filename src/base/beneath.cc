#include "base/beneath.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/try.h"

namespace wye::beneath {
namespace {

Error refused(const std::string& path, const std::string& why, ErrorKind kind = ErrorKind::invalid) {
  return {.kind = kind, .code = "internal_error", .message = path + ": " + why};
}

Result<UniqueFd> open_root(const std::string& root) {
  UniqueFd out(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!out) return refused(root, std::strerror(errno));
  return out;
}

Result<UniqueFd> open_beneath(int root, const std::string& path, int flags) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  UniqueFd out(static_cast<int>(::syscall(SYS_openat2, root, path.c_str(), &how, sizeof how)));
  if (!out)
    return refused(path, std::strerror(errno), errno == ENOENT ? ErrorKind::not_found : ErrorKind::invalid);
  return out;
}

struct Place {
  UniqueFd directory;
  std::string name;
};
// Opens the directory that holds a path's last name.
Result<Place> place_of(const std::string& root, const std::string& path) {
  WYE_TRY(auto at, open_root(root));
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return Place{std::move(at), path};
  WYE_TRY(auto directory, open_beneath(at.get(), path.substr(0, slash), O_PATH | O_DIRECTORY));
  return Place{std::move(directory), path.substr(slash + 1)};
}

Result<void> write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const auto wrote = ::write(fd, text.data(), text.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return refused("a file", std::strerror(errno), ErrorKind::internal);
    text.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return {};
}

}  // namespace

Result<std::string> read(const std::string& root, const std::string& path, std::size_t at_most) {
  WYE_TRY(const auto at, open_root(root));
  WYE_TRY(const auto file, open_beneath(at.get(), path, O_RDONLY));
  struct stat status {};
  if (::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode))
    return refused(path, "is no regular file");
  std::string text;
  std::array<char, 4096> piece;
  while (text.size() <= at_most) {
    const auto got = ::read(file.get(), piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return refused(path, std::strerror(errno));
    if (got == 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(got));
  }
  return refused(path, "has more than " + std::to_string(at_most) + " bytes");
}

Result<UniqueFd> make_directory(const std::string& root, const std::string& path, mode_t mode,
                                std::int64_t uid, std::int64_t gid) {
  WYE_TRY(const auto place, place_of(root, path));
  if (::mkdirat(place.directory.get(), place.name.c_str(), mode) != 0 && errno != EEXIST)
    return refused(path, std::strerror(errno));
  WYE_TRY(auto made, open_beneath(place.directory.get(), place.name, O_RDONLY | O_DIRECTORY));
  if (::fchown(made.get(), static_cast<uid_t>(uid), static_cast<gid_t>(gid)) != 0 ||
      ::fchmod(made.get(), mode) != 0)
    return refused(path, std::strerror(errno), ErrorKind::denied);
  return made;
}

Result<void> write(const UniqueFd& directory, const std::string& name, std::string_view text) {
  struct stat status {};
  constexpr mode_t kForOthers = S_IWGRP | S_IWOTH;
  if (::fstat(directory.get(), &status) != 0 || status.st_uid != ::geteuid() ||
      (status.st_mode & kForOthers) != 0)
    return refused(name, "the directory is somebody else's", ErrorKind::denied);
  const auto half_made = name + ".new";
  ::unlinkat(directory.get(), half_made.c_str(), 0);
  const UniqueFd file(::openat(directory.get(), half_made.c_str(),
                               O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));
  if (!file || ::fchmod(file.get(), 0644) != 0) return refused(name, std::strerror(errno));
  WYE_CHECK(write_all(file.get(), text));
  if (::renameat(directory.get(), half_made.c_str(), directory.get(), name.c_str()) != 0)
    return refused(name, std::strerror(errno));
  return {};
}

void remove(const std::string& root, const std::string& path) {
  if (const auto place = place_of(root, path)) ::unlinkat(place->directory.get(), place->name.c_str(), 0);
}

}  // namespace wye::beneath
