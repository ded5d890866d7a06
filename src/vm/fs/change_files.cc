#include "vm/fs/change_files.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/try.h"
#include "vm/fs/copy_tree.h"
#include "vm/fs/file_error.h"
#include "vm/fs/new_file.h"
#include "vm/fs/remove_tree.h"
#include "vm/fs/vm_path.h"
#include "wire/describe_files.h"

namespace wye::vm {
namespace {

Result<Place> place_in(std::string_view body) {
  WYE_TRY(const auto asked, wire::from_text<wire::PathBody>(body));
  WYE_TRY(const auto path, VmPath::parse(asked.path));
  return place_of(path);
}

Result<void> remove_moved(const UniqueFd& directory, const std::string& name) {
  if (::unlinkat(directory.get(), name.c_str(), 0) == 0) return {};
  if (errno != EISDIR) return file_error(errno, name);
  return remove_tree(directory, name);
}

// Returns an errno, or 0.
int rename_in(const UniqueFd& directory, const std::string& from, const std::string& to) {
  return ::renameat(directory.get(), from.c_str(), directory.get(), to.c_str()) == 0 ? 0 : errno;
}

// Copies under a hidden name first, so that what had the name is there until the copy is whole; and hides the
// source before the copy appears, so that a source that may not be taken away stops all of it.
Result<void> move_between_systems(const Place& from, const Place& to) {
  const auto hidden = hidden_name();
  auto done = copy_tree(from.directory.get(), from.name, to.directory.get(), hidden);
  int error = done ? rename_in(from.directory, from.name, hidden) : 0;
  if (error != 0) done = file_error(error, from.name);
  if (done) {
    error = rename_in(to.directory, hidden, to.name);
    if (error == 0) return remove_moved(from.directory, hidden);
    done = file_error(error, to.name);
    rename_in(from.directory, hidden, from.name);
  }
  (void)remove_moved(to.directory, hidden);
  return done;
}

// Looks a user or group up by name or number; −1 for none given.
template <class Entry, class Look>
Result<std::int64_t> id_of(const std::optional<std::string>& name, const char* what, Look look,
                           const auto Entry::*id) {
  if (!name || name->empty()) return std::int64_t{-1};
  if (name->find_first_not_of("0123456789") == std::string::npos && name->size() < 10)
    return std::int64_t{std::stol(*name)};
  Entry entry{}, *found = nullptr;
  std::array<char, 4096> room;
  if (name->find('\0') == std::string::npos) look(name->c_str(), &entry, room.data(), room.size(), &found);
  if (found == nullptr) return invalid_input(std::string(what) + ": there is nobody of that name");
  return static_cast<std::int64_t>(entry.*id);
}

}  // namespace

Result<void> create_directory(std::string_view body) {
  WYE_TRY(const auto asked, wire::from_text<wire::PathBody>(body));
  WYE_TRY(const auto path, VmPath::parse(asked.path));
  WYE_TRY(const auto mode, parse_mode(asked.mode, 0755));
  if (const auto there = open_path(path, O_PATH)) {
    struct stat status {};
    if (::fstat(there->get(), &status) != 0) return file_error(errno, path.text());
    return S_ISDIR(status.st_mode) ? Result<void>() : Result<void>(file_error(EEXIST, path.text()));
  } else if (there.error().kind != ErrorKind::not_found) {
    return there.error();
  }
  WYE_TRY(const auto place, new_place_of(path));
  WYE_TRY(const auto parent, make_missing(place, path));
  if (::mkdirat(parent.get(), place.name.c_str(), 0700) != 0) return file_error(errno, path.text());
  const UniqueFd made(
      ::openat(parent.get(), place.name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!made || ::fchmod(made.get(), mode) != 0) return file_error(errno, path.text());
  return {};
}

Result<void> delete_file(std::string_view body) {
  WYE_TRY(const auto place, place_in(body));
  if (::unlinkat(place.directory.get(), place.name.c_str(), 0) != 0) return file_error(errno, place.name);
  return {};
}

Result<void> delete_directory(std::string_view body) {
  const auto place = place_in(body);
  struct stat status {};
  if (!place) return place.error().kind == ErrorKind::not_found ? Result<void>() : place.error();
  if (::fstatat(place->directory.get(), place->name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
    return errno == ENOENT ? Result<void>() : Result<void>(file_error(errno, place->name));
  if (!S_ISDIR(status.st_mode)) return file_error(ENOTDIR, place->name);
  return remove_tree(place->directory, place->name);
}

Result<void> move_path(std::string_view body) {
  WYE_TRY(const auto asked, wire::from_text<wire::MoveBody>(body));
  WYE_TRY(const auto from_path, VmPath::parse(asked.src_path, "src_path"));
  WYE_TRY(const auto to_path, VmPath::parse(asked.dest_path, "dest_path"));
  WYE_TRY(const auto from, place_of(from_path));
  WYE_TRY(const auto to, place_of(to_path));
  if (::renameat(from.directory.get(), from.name.c_str(), to.directory.get(), to.name.c_str()) == 0)
    return {};
  if (errno == EXDEV) return move_between_systems(from, to);
  return file_error(errno, from_path.text());
}

Result<void> set_file_permissions(std::string_view body) {
  WYE_TRY(const auto asked, wire::from_text<wire::PermissionsBody>(body));
  WYE_TRY(const auto path, VmPath::parse(asked.path));
  if (!asked.mode || asked.mode->empty()) return invalid_input("mode is required");
  WYE_TRY(const auto mode, parse_mode(asked.mode, 0));
  WYE_TRY(const auto uid, id_of<passwd>(asked.owner, "owner", ::getpwnam_r, &passwd::pw_uid));
  WYE_TRY(const auto gid, id_of<group>(asked.group, "group", ::getgrnam_r, &group::gr_gid));
  WYE_TRY(const auto at, open_path(path, O_PATH));
  // An O_PATH descriptor takes no fchmod; its entry in /proc names the same file, whoever renames it.
  const auto same = "/proc/self/fd/" + std::to_string(at.get());
  if (uid >= 0 || gid >= 0)
    if (::chown(same.c_str(), static_cast<uid_t>(uid), static_cast<gid_t>(gid)) != 0)
      return file_error(errno, path.text());
  if (::chmod(same.c_str(), mode) != 0) return file_error(errno, path.text());
  return {};
}

}  // namespace wye::vm
