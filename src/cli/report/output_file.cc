#include "cli/report/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

namespace wye::cli {

Result<OutputFile> OutputFile::open(std::string path) {
  if (path == "-") return OutputFile(path, UniqueFd(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0)), false);
  struct stat there {};
  const bool plain = ::stat(path.c_str(), &there) != 0 || S_ISREG(there.st_mode);
  auto folder = std::filesystem::path(path).parent_path().string();
  if (folder.empty()) folder = ".";
  if (plain) {
    UniqueFd fd(::open(folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666));
    if (fd) return OutputFile(std::move(path), std::move(fd), true);
  }
  UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  const int number = errno;
  OutputFile file(std::move(path), std::move(fd), false);
  if (!file.fd_) return file.failure(number);
  return file;
}

Result<void> OutputFile::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto written = ::write(fd_.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failure(errno);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<void> OutputFile::commit() {
  if (!nameless_) return {};
  // A link cannot replace an existing file; a rename can.
  const auto beside = path_ + "." + std::to_string(::getpid()) + ".part";
  const auto self = "/proc/self/fd/" + std::to_string(fd_.get());
  if (::linkat(AT_FDCWD, self.c_str(), AT_FDCWD, beside.c_str(), AT_SYMLINK_FOLLOW) != 0)
    return failure(errno);
  if (::rename(beside.c_str(), path_.c_str()) != 0) {
    const int number = errno;
    ::unlink(beside.c_str());
    return failure(number);
  }
  return {};
}

Error OutputFile::failure(int number) const {
  return {
      .kind = ErrorKind::invalid, .code = "cannot_write", .message = path_ + ": " + std::strerror(number)};
}

}  // namespace wye::cli
