#include "vm/fs/files_user.h"

#include <linux/capability.h>
#include <sys/fsuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace wye::vm {
namespace {

Error refused(const char* what) {
  return {.kind = ErrorKind::internal,
          .code = "internal_error",
          .message = std::string("the rights of the files' user cannot be taken: ") + what + ": " +
                     std::strerror(errno)};
}

}  // namespace

// Uses the system calls themselves: the C library would change every thread of the process.
Result<void> take_file_rights_of(const FilesUser& user) {
  if (user.gid >= 0) {
    if (::syscall(SYS_setgroups, 0, nullptr) != 0 && errno != EPERM) return refused("groups");
    ::setfsgid(static_cast<gid_t>(user.gid));
    if (::setfsgid(static_cast<gid_t>(-1)) != static_cast<int>(user.gid)) return refused("group");
  }
  if (user.uid >= 0) {
    ::setfsuid(static_cast<uid_t>(user.uid));
    // An impossible id changes nothing and returns the present one.
    if (::setfsuid(static_cast<uid_t>(-1)) != static_cast<int>(user.uid)) return refused("user");
  }
  __user_cap_header_struct version{_LINUX_CAPABILITY_VERSION_3, 0};
  const std::array<__user_cap_data_struct, 2> none{};
  if (::syscall(SYS_capset, &version, none.data()) != 0) return refused("capabilities");
  return {};
}

}  // namespace wye::vm
