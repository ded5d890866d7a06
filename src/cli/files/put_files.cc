#include "cli/files/put_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <vector>

#include "base/try.h"
#include "base/unique_fd.h"
#include "cli/files/get_files.h"
#include "cli/vm_command.h"

namespace wye::cli {
namespace {

namespace fs = std::filesystem;

Error local_error(const std::string& path, const std::string& why) {
  return {.kind = ErrorKind::invalid, .code = "local_file", .message = "cannot read " + path + ": " + why};
}

std::string octal(mode_t mode) {
  std::array<char, 8> out;
  std::snprintf(out.data(), out.size(), "%03o", static_cast<unsigned>(mode & 0777));
  return out.data();
}

}  // namespace

Result<void> FilePutter::put_open(int fd, const std::string& name, std::optional<std::int64_t> size,
                                  const std::string& remote, std::optional<std::string> mode) {
  progress_.begin(name, size);
  const auto read = [&](std::span<char> out) -> Result<std::size_t> {
    for (;;) {
      const auto got = ::read(fd, out.data(), out.size());
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return local_error(name, std::strerror(errno));
      progress_.add(got);
      return static_cast<std::size_t>(got);
    }
  };
  WYE_CHECK(files_.write(session_id_, {.path = remote, .mode = std::move(mode), .body_stream = read},
                         {.timeout = kAsLongAsItTakes}));
  progress_.end();
  return {};
}

Result<void> FilePutter::put_file(const std::string& local, const std::string& remote,
                                  const std::optional<std::string>& mode) {
  const UniqueFd file(::open(local.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));  // a FIFO must not hold it
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0) return local_error(local, std::strerror(errno));
  if (!S_ISREG(status.st_mode)) return local_error(local, "it is no file");
  return put_open(file.get(), local, status.st_size, remote, mode.value_or(octal(status.st_mode)));
}

Result<void> FilePutter::put_directory(const std::string& local, const std::string& remote,
                                       const std::optional<std::string>& mode) {
  WYE_CHECK(files_.create_directory(session_id_, remote));
  std::error_code error;
  std::vector<fs::directory_entry> entries;
  for (fs::directory_iterator at(local, error), end; !error && at != end; at.increment(error))
    entries.push_back(*at);
  if (error) return local_error(local, error.message());
  std::sort(entries.begin(), entries.end());
  for (const auto& entry : entries) {
    const auto from = entry.path().string(), to = remote_path(remote, entry.path().filename().string());
    if (entry.is_directory(error) && !entry.is_symlink(error)) {
      WYE_CHECK(put_directory(from, to, mode));
    } else if (entry.is_regular_file(error)) {
      WYE_CHECK(put_file(from, to, mode));
    } else {
      notice_(from + " is no file and no directory: left out");
    }
  }
  return {};
}

}  // namespace wye::cli
