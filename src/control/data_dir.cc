#include "control/data_dir.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/try.h"
#include "control/store/schema.h"
#include "control/store/sqlite_check.h"
#include "control/store/sqlite_store.h"

namespace wye::control {
namespace {

Error bad(const char* code, std::string message) {
  return {.kind = ErrorKind::invalid, .code = code, .message = std::move(message)};
}

Error failed(const std::string& path) { return bad("data_dir_unusable", path + ": " + std::strerror(errno)); }

}  // namespace

std::string database_in(const std::string& data_dir) { return data_dir + "/wye.db"; }

Result<void> check_data_dir(const std::string& data_dir) {
  struct stat status {};
  if (::stat(data_dir.c_str(), &status) != 0) {
    const bool none = errno == ENOENT;
    auto error = failed(data_dir);
    if (none) error.kind = ErrorKind::not_found;
    return error;
  }
  if (!S_ISDIR(status.st_mode))
    return bad("data_dir_unusable", data_dir + " is no directory; choose another --data-dir");
  const auto me = std::to_string(::geteuid());
  if (status.st_uid != ::geteuid())
    return bad("data_dir_foreign", data_dir + " belongs to user id " + std::to_string(status.st_uid) +
                                       ", not to " + me + "; run as that user, or `chown -R " + me + " " +
                                       data_dir + "`");
  if ((status.st_mode & 022) != 0)
    return bad("data_dir_writable", data_dir + " can be written to by other users; `chmod go-w " + data_dir +
                                        "` once nobody else has put anything there");
  return {};
}

Result<void> prepare_data_dir(const std::string& data_dir) {
  std::error_code error;
  const auto itself = std::filesystem::absolute(data_dir + "/.", error).lexically_normal().parent_path();
  std::filesystem::create_directories(itself.parent_path(), error);
  if (::mkdir(data_dir.c_str(), 0700) != 0 && errno != EEXIST) return failed(data_dir);
  WYE_CHECK(check_data_dir(data_dir));
  if (::chmod(data_dir.c_str(), 0700) != 0) return failed(data_dir);
  return {};
}

Result<UniqueFd> lock_data_dir(const std::string& data_dir) {
  UniqueFd lock(::open((data_dir + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock) return failed(data_dir + "/lock");
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0)
    return Error{.kind = ErrorKind::conflict,
                 .code = "data_dir_in_use",
                 .message = data_dir + " is used by another wye serve; stop it or choose another --data-dir"};
  // The lock's text of an earlier server (server_lock.h) is not true of this process.
  if (::ftruncate(lock.get(), 0) != 0) return failed(data_dir + "/lock");
  return lock;
}

Result<std::unique_ptr<Store>> open_beside_server(const std::string& data_dir, bool create) {
  WYE_CHECK(create ? prepare_data_dir(data_dir) : check_data_dir(data_dir));
  const auto path = database_in(data_dir);
  WYE_TRY(const auto version, check_database(path, CheckDepth::version));
  if (version == schema_version())
    return open_sqlite_store(path, {.create = false, .upgrade = false, .check = false});
  if (version == 0 && !create)
    return Error{.kind = ErrorKind::not_found,
                 .code = "not_found",
                 .message = path + " is not there yet; `wye serve --data-dir " + data_dir + "` makes it"};
  if (const auto lock = lock_data_dir(data_dir)) return open_sqlite_store(path);
  return Error{.kind = ErrorKind::conflict,
               .code = "store_older",
               .message = "the server of " + data_dir + " is an older wye than this one; restart it first"};
}

}  // namespace wye::control
