#include "testing/small_disk.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "base/unique_fd.h"

namespace wye::testing {
namespace {

constexpr std::int64_t kSmallestPiece = 4096;

bool enter_namespaces() {
  if (::geteuid() == 0) return ::unshare(CLONE_NEWNS) == 0;
  const auto map = "0 " + std::to_string(::geteuid()) + " 1";
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
  std::ofstream("/proc/self/setgroups") << "deny";
  std::ofstream("/proc/self/uid_map") << map;
  return true;
}

}  // namespace

bool on_small_disk(std::int64_t bytes, const std::function<bool(const std::string& directory)>& inside) {
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto size = "size=" + std::to_string(bytes);
    const bool ready = enter_namespaces() &&
                       ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                       ::mount("tmpfs", "/mnt", "tmpfs", 0, size.c_str()) == 0;
    if (!ready) std::perror("a small disk");
    const bool good = ready && inside("/mnt");
    std::fflush(nullptr);
    ::_exit(good ? 0 : 1);
  }
  int status = 0;
  return child > 0 && ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

void fill_disk(const std::string& file) {
  const UniqueFd fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  std::int64_t at = 0;
  for (std::int64_t piece = 64 << 20; fd && piece >= kSmallestPiece;) {
    if (::fallocate(fd.get(), 0, at, piece) == 0)
      at += piece;
    else
      piece /= 2;
  }
}

}  // namespace wye::testing
