#include "jail.h"

#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <stdexcept>

#include "base/unique_fd.h"
#include "jail_cgroups.h"

namespace wye::torture {
namespace {

[[noreturn]] void fail(const std::string& step) {
  throw std::runtime_error("the jail: " + step + ": " + std::strerror(errno));
}

void bring_loopback_up() {
  const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  std::strncpy(request.ifr_name, "lo", IFNAMSIZ - 1);
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  if (!socket || ::ioctl(socket.get(), SIOCSIFFLAGS, &request) != 0) fail("loopback");
}

int exit_code(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : -1; }

// Acts as pid 1 of the jail: it reaps every process that loses its parent, as on any machine.
int be_init(const std::function<int(const std::string&)>& inside, const std::string& work_dir,
            const JailCgroups& cgroups) {
  if (::unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC) != 0) fail("namespaces");
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) fail("private mounts");
  if (::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) != 0) fail("/proc");
  mount_tmpfs("/run", 16 << 20);
  mount_tmpfs(work_dir, 512LL << 20);
  cgroups.enter();
  bring_loopback_up();
  const pid_t child = ::fork();
  if (child < 0) fail("fork");
  if (child == 0) {
    const int code = inside(work_dir);
    std::fflush(nullptr);  // output to a file or a pipe is buffered
    ::_exit(code);
  }
  for (;;) {
    int status = 0;
    const pid_t ended = ::waitpid(-1, &status, 0);
    if (ended == child) return exit_code(status);
    if (ended < 0 && errno != EINTR) return -1;
  }
}

pid_t init_pid = -1;
void end_init(int) {
  if (init_pid > 0) ::kill(init_pid, SIGKILL);
}

}  // namespace

void mount_tmpfs(const std::string& path, std::int64_t bytes) {
  const auto options = "mode=0755,size=" + std::to_string(bytes);
  if (::mount("tmpfs", path.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, options.c_str()) != 0) fail(path);
}

int run_jailed(const std::function<int(const std::string& work_dir)>& inside) {
  std::string work_dir = "/tmp/wye-torture-XXXXXX";
  if (::mkdtemp(work_dir.data()) == nullptr) fail(work_dir);
  const JailCgroups cgroups;
  if (::unshare(CLONE_NEWPID) != 0) fail("pid namespace");
  init_pid = ::fork();
  if (init_pid < 0) fail("fork");
  if (init_pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    try {
      ::_exit(be_init(inside, work_dir, cgroups));
    } catch (const std::exception& error) {
      ::fprintf(stderr, "%s\n", error.what());
      ::_exit(70);
    }
  }
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) ::signal(number, end_init);
  int status = 0;
  while (::waitpid(init_pid, &status, 0) < 0 && errno == EINTR) continue;
  ::rmdir(work_dir.c_str());
  cgroups.remove();
  return exit_code(status);
}

}  // namespace wye::torture
