#include "metro/drivers/network_helper.h"

#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <vector>

// Of the launcher process: a failed step throws (vm_launcher.cc).
namespace wye::metro {
namespace {

[[noreturn]] void fail(const std::string& step) {
  throw std::runtime_error(step + ": " + std::strerror(errno));
}

UniqueFd open_namespace(pid_t pid, const char* kind) {
  UniqueFd out(::open(("/proc/" + std::to_string(pid) + "/ns/" + kind).c_str(), O_RDONLY | O_CLOEXEC));
  if (!out) fail(std::string("namespace ") + kind);
  return out;
}

void keep_open(int fd) { ::fcntl(fd, F_SETFD, ::fcntl(fd, F_GETFD) & ~FD_CLOEXEC); }

}  // namespace

NetworkPlace network_place_of(pid_t pid) {
  return {.user = open_namespace(pid, "user"), .net = open_namespace(pid, "net")};
}

NetworkPlace network_place_inside(pid_t pid) {
  auto net = open_namespace(pid, "net");
  UniqueFd user(::ioctl(net.get(), NS_GET_USERNS));
  if (!user) fail("the network's owner");
  return {.user = std::move(user), .net = std::move(net)};
}

pid_t start_network_helper(const NetworkPlace& place, bool allow_host_loopback, int alive_read,
                           int ready_write) {
  const pid_t child = ::fork();
  if (child < 0) fail("fork");
  if (child > 0) return child;
  ::setsid();
  std::vector<std::string> words{"slirp4netns",
                                 "--configure",
                                 "--mtu=65520",
                                 "--enable-sandbox",
                                 "--enable-seccomp",
                                 "--netns-type=path",
                                 "--exit-fd=" + std::to_string(alive_read),
                                 "--ready-fd=" + std::to_string(ready_write)};
  // slirp4netns 1.2 fails when an ordinary user asks for its sandbox in a user namespace named by path: it is
  // put there, as that one's root, before it starts.
  if (::geteuid() != 0) {
    if (::setns(place.user.get(), CLONE_NEWUSER) != 0) ::_exit(127);
  } else {
    words.push_back("--userns-path=/proc/self/fd/" + std::to_string(place.user.get()));
  }
  if (!allow_host_loopback) words.emplace_back("--disable-host-loopback");
  words.push_back("/proc/self/fd/" + std::to_string(place.net.get()));
  words.emplace_back("tap0");
  const int null = ::open("/dev/null", O_RDWR);
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(null, fd);
  ::syscall(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC);
  for (const int fd : {place.user.get(), place.net.get(), alive_read, ready_write}) keep_open(fd);
  std::vector<char*> argv;
  for (const auto& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  ::execvp(argv[0], argv.data());
  ::_exit(127);
}

}  // namespace wye::metro
