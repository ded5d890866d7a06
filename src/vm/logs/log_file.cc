#include "vm/logs/log_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/try.h"
#include "vm/fs/file_error.h"

namespace wye::vm {

Result<LogFile> LogFile::open(std::string_view path, bool from_end) {
  WYE_TRY(auto parsed, VmPath::parse(path));
  WYE_TRY(const auto at, open_path(parsed, O_PATH));
  WYE_TRY(auto file, open_to_read(at, parsed));
  LogFile out(std::move(parsed), std::move(file));
  struct stat status {};
  if (::fstat(out.file_.get(), &status) != 0) return file_error(errno, path);
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
  const auto there = open_path(path_, O_PATH);
  if (!there || ::fstat(there->get(), &named) != 0) return;
  if (named.st_dev == ours.st_dev && named.st_ino == ours.st_ino) return;
  auto file = open_to_read(*there, path_);
  if (!file) return;
  file_ = std::move(*file);
  at_ = 0;
}

}  // namespace wye::vm
