#include "host/agent_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/unique_fd.h"

namespace wye::host {

std::int64_t blocks_of(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? status.st_blocks * 512 : 0;
}

bool cut_log(const std::string& path, std::int64_t most) {
  if (blocks_of(path) <= most) return false;
  const UniqueFd log(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW));
  return log && ::ftruncate(log.get(), 0) == 0;  // the next append is its first line
}

}  // namespace wye::host
