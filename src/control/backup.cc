#include "control/backup.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "base/timestamp.h"
#include "base/try.h"
#include "base/unique_fd.h"
#include "control/data_dir.h"
#include "control/store/sqlite_check.h"
#include "host/left_vms.h"

namespace wye::control {
namespace {

namespace fs = std::filesystem;

Error failed(const std::string& path) {
  return {
      .kind = ErrorKind::internal, .code = "backup_failed", .message = path + ": " + std::strerror(errno)};
}
Error conflict(const char* code, std::string message) {
  return {.kind = ErrorKind::conflict, .code = code, .message = std::move(message)};
}

// A file that is removed unless it was given its name.
class Unfinished {
 public:
  explicit Unfinished(std::string path) : path_(std::move(path)) { remove(); }
  ~Unfinished() { remove(); }
  Unfinished(const Unfinished&) = delete;
  Unfinished& operator=(const Unfinished&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] Result<UniqueFd> make() const {
    UniqueFd file(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file) return failed(path_);
    return file;
  }
  /// Gives the file its name, which is on disk when this returns.
  Result<void> rename_to(const std::string& name, bool replace) const {
    if (::renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, name.c_str(), replace ? 0 : RENAME_NOREPLACE) != 0)
      return errno == EEXIST
                 ? conflict("file_exists", name + " is there already; choose another name, or --force")
                 : failed(name);
    const auto parent = fs::absolute(name).parent_path();
    const UniqueFd directory(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory || ::fsync(directory.get()) != 0) return failed(parent);
    return {};
  }

 private:
  void remove() const {
    for (const auto* end : {"", "-wal", "-shm", "-journal"}) ::unlink((path_ + end).c_str());
  }
  const std::string path_;
};

Result<void> copy_file(const std::string& from, int to) {
  const UniqueFd in(::open(from.c_str(), O_RDONLY | O_CLOEXEC));
  if (!in) return failed(from);
  std::array<char, 1 << 16> piece;
  for (;;) {
    const auto got = ::read(in.get(), piece.data(), piece.size());
    if (got < 0) return failed(from);
    if (got == 0) return {};
    for (ssize_t at = 0; at < got;) {
      const auto wrote = ::write(to, piece.data() + at, static_cast<std::size_t>(got - at));
      if (wrote < 0) return failed("the copy");
      at += wrote;
    }
  }
}

Result<void> check_backup(const std::string& file) {
  std::error_code ignored;
  if (!fs::is_regular_file(file, ignored))
    return Error{.kind = ErrorKind::not_found, .code = "not_found", .message = file + " is no file"};
  if (fs::exists(file + "-wal", ignored) && fs::file_size(file + "-wal", ignored) > 0)
    return conflict("not_a_backup", file + " is a database in use, not a backup; make one with `wye backup`");
  const auto version = check_database(file, CheckDepth::complete);
  if (!version) {
    auto error = version.error();
    error.message += "; take another backup";
    return error;
  }
  if (*version == 0) return conflict("not_a_backup", file + " is empty");
  return {};
}

Result<std::string> move_aside(const std::string& data_dir, const Clock& clock) {
  auto time = rfc3339(clock.unix_micros());
  std::erase_if(time, [](char c) { return c == ':' || c == '-'; });
  const auto aside = data_dir + "/replaced-" + time;
  if (::mkdir(aside.c_str(), 0700) != 0) return failed(aside);
  for (const auto* name : {"sessions", "wye.db", "wye.db-wal", "wye.db-shm"})
    if (::rename((data_dir + "/" + name).c_str(), (aside + "/" + name).c_str()) != 0 && errno != ENOENT)
      return failed(data_dir + "/" + name);
  return aside;
}

bool holds_anything(const std::string& data_dir) {
  std::error_code ignored;
  const auto sessions = data_dir + "/sessions";
  return fs::exists(database_in(data_dir), ignored) || fs::exists(database_in(data_dir) + "-wal", ignored) ||
         (fs::exists(sessions, ignored) && !fs::is_empty(sessions, ignored));
}

}  // namespace

Result<DatabaseCounts> back_up(const std::string& data_dir, const std::string& file, bool force,
                               const Clock& clock) {
  WYE_CHECK(check_data_dir(data_dir));
  std::error_code ignored;
  if (!force && fs::exists(file, ignored))
    return conflict("file_exists", file + " is there already; choose another name, or --force");
  const Unfinished partial(file + ".partial");
  WYE_CHECK(partial.make());
  WYE_TRY(const auto counts, copy_database(database_in(data_dir), partial.path(), clock.unix_micros()));
  WYE_CHECK(partial.rename_to(file, force));
  return counts;
}

Result<Restored> restore(const std::string& file, const std::string& data_dir, bool force,
                         host::Driver& driver, const Clock& clock) {
  WYE_CHECK(check_backup(file));
  WYE_CHECK(prepare_data_dir(data_dir));
  WYE_TRY(const auto lock, lock_data_dir(data_dir));
  const bool replaces = holds_anything(data_dir);
  if (replaces && !force)
    return conflict("data_dir_not_empty", data_dir +
                                              " holds a database already; choose another --data-dir, or "
                                              "--force moves it aside");
  Restored out;
  const Unfinished restoring(data_dir + "/wye.db.restoring");
  {
    WYE_TRY(const auto copy, restoring.make());
    WYE_CHECK(copy_file(file, copy.get()));
  }
  WYE_TRY(out.database, prepare_restored(restoring.path(), clock.unix_micros()));
  if (replaces) {
    // Browsers outlive their server: they end before the record of them is put aside.
    WYE_CHECK(host::end_left_vms(data_dir, driver));
    WYE_TRY(out.kept_aside, move_aside(data_dir, clock));
  }
  WYE_CHECK(restoring.rename_to(database_in(data_dir), false));
  return out;
}

}  // namespace wye::control
