#include "vm/worker/confine.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "base/seccomp_filter.h"

namespace wye::vm {
namespace {

constexpr int kCannot = 125;
// Chromium gives its renderers 300. When the VM's memory runs out, foreign code goes first.
constexpr const char* kOutOfMemoryScore = "600";
constexpr rlim_t kTasks = 256, kOpenFiles = 1024;
// The kernel counts private writable memory here. Beyond it an allocation fails, which code can catch.
constexpr rlim_t kMemory = 1ULL << 30;

[[noreturn]] void give_up(const char* step) {
  std::perror(step);
  ::_exit(kCannot);
}

bool write_file(const char* path, const std::string& text) {
  const int file = ::open(path, O_WRONLY | O_CLOEXEC);
  const bool done = file >= 0 && ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  ::close(file);
  return done;
}

void lower(__rlimit_resource_t which, rlim_t most) {
  const rlimit limit{most, most};
  if (::setrlimit(which, &limit) != 0) give_up("limits");
}

void bound() {
  if (!write_file("/proc/self/oom_score_adj", kOutOfMemoryScore)) give_up("oom_score_adj");
  lower(RLIMIT_NOFILE, kOpenFiles);
  lower(RLIMIT_DATA, kMemory);
}

void become_user(int uid, int gid) {
  if (uid < 0) return;
  if (::setgroups(0, nullptr) != 0 || ::setgid(static_cast<gid_t>(gid)) != 0 ||
      ::setuid(static_cast<uid_t>(uid)) != 0)
    give_up("user");
}

// Makes the namespaces; children are in them. This process was just executed and holds nothing of the
// agent's, so that its user may look at it for the moment in which the maps are written.
void enter_namespaces() {
  const auto uid = std::to_string(::getuid()), gid = std::to_string(::getgid());
  if (::prctl(PR_SET_DUMPABLE, 1) != 0 || ::unshare(CLONE_NEWUSER | CLONE_NEWPID) != 0) give_up("namespaces");
  if (!write_file("/proc/self/setgroups", "deny") ||
      !write_file("/proc/self/uid_map", uid + " " + uid + " 1") ||
      !write_file("/proc/self/gid_map", gid + " " + gid + " 1"))
    give_up("maps");
  // From here on the kernel counts tasks in this namespace, apart from Chromium's, which has the same user.
  // Set before, the bound would also be one on both together.
  lower(RLIMIT_NPROC, kTasks);
}

int code_of(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

[[noreturn]] void become_program(char** words) {
  const auto program = make_seccomp_filter(FilterFor::commands);
  const sock_fprog filter{static_cast<unsigned short>(program.size()),
                          const_cast<sock_filter*>(program.data())};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0)
    give_up("filter");
  ::execv(words[0], words);
  give_up(words[0]);
}

// The first process of the namespace: with its end the kernel kills everything in it. It reaps, which the
// program cannot be expected to do for the children of its children.
[[noreturn]] void be_first(char** words) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const pid_t program = ::fork();
  if (program < 0) give_up("fork");
  if (program == 0) become_program(words);
  ::syscall(SYS_close_range, 0, ~0U, 0);
  for (int status = 0;;) {
    const pid_t ended = ::waitpid(-1, &status, 0);
    if (ended == program) ::_exit(code_of(status));
  }
}

}  // namespace

int run_confined(int argc, char** argv) {
  if (argc < 5) return kCannot;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  bound();
  become_user(std::atoi(argv[2]), std::atoi(argv[3]));
  enter_namespaces();
  const pid_t first = ::fork();
  if (first < 0) give_up("fork");
  if (first == 0) be_first(argv + 4);
  ::syscall(SYS_close_range, 0, ~0U, 0);
  int status = 0;
  while (::waitpid(first, &status, 0) != first) continue;
  return code_of(status);
}

}  // namespace wye::vm
