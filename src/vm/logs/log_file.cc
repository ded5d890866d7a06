#include "vm/logs/log_file.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/try.h"

namespace wye::vm {
namespace {

Error bad(std::string message) {
  return {.kind = ErrorKind::invalid, .code = "bad_request", .message = std::move(message)};
}

// The agent is root in the VM. Links of the kernel's lead to its own descriptors, and files of the kernel's
// show its state: neither is a log.
Result<UniqueFd> open_regular(const std::string& path) {
  open_how how{};
  how.flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  how.resolve = RESOLVE_NO_MAGICLINKS;
  UniqueFd file(static_cast<int>(::syscall(SYS_openat2, AT_FDCWD, path.c_str(), &how, sizeof how)));
  if (!file && (errno == ENOENT || errno == ENOTDIR))
    return Error{.kind = ErrorKind::not_found, .code = "not_found", .message = "there is no such file"};
  if (!file) return bad(std::string("the file cannot be opened: ") + std::strerror(errno));
  struct stat status {};
  struct statfs system {};
  if (::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode))
    return bad("path must be that of a file");
  if (::fstatfs(file.get(), &system) != 0 || system.f_type == PROC_SUPER_MAGIC)
    return bad("path must be that of a file on a disk");
  return file;
}

}  // namespace

Result<LogFile> LogFile::open(std::string path, bool from_end) {
  if (!path.starts_with('/') || path.find('\0') != std::string::npos) return bad("path must be absolute");
  WYE_TRY(auto file, open_regular(path));
  LogFile out(std::move(path), std::move(file));
  struct stat status {};
  if (::fstat(out.file_.get(), &status) != 0) return bad("the file cannot be read");
  out.size_at_open_ = static_cast<std::size_t>(status.st_size);
  if (from_end) out.at_ = out.size_at_open_;
  return out;
}

std::string LogFile::read(std::size_t most) {
  std::string out(most, '\0');
  const auto next = [&] { return ::pread(file_.get(), out.data(), most, static_cast<off_t>(at_)); };
  auto got = next();
  if (got <= 0) {
    follow_replacement();
    got = next();
  }
  out.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  at_ += out.size();
  return out;
}

// At the end of the open file: begins again when it was emptied, or goes on in the one that has its name now.
void LogFile::follow_replacement() {
  struct stat ours {
  }, named{};
  if (::fstat(file_.get(), &ours) != 0) return;
  if (static_cast<std::size_t>(ours.st_size) < at_) at_ = 0;
  if (::stat(path_.c_str(), &named) != 0 || (named.st_dev == ours.st_dev && named.st_ino == ours.st_ino))
    return;
  auto file = open_regular(path_);
  if (!file) return;
  file_ = std::move(*file);
  at_ = 0;
}

}  // namespace wye::vm
