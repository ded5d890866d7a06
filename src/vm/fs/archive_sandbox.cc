#include "vm/fs/archive_sandbox.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <vector>

#include "base/seccomp_filter.h"
#include "base/try.h"
#include "base/unique_fd.h"

namespace wye::vm {
namespace {

// Nobody else's in the VM: whoever has the files' user id may not signal, trace or slow down this process.
constexpr uid_t kOwnUid = 998;
// When the VM's memory runs out, this process goes before Chromium, whose renderers have 300.
constexpr std::string_view kOutOfMemoryScore = "600";
constexpr int kNicer = 5;  // than the agent
constexpr rlim_t kMemory = 768ull << 20, kSeconds = 600, kDescriptors = 600;

constexpr std::array kRefused {
  SYS_execve, SYS_execveat, SYS_socket, SYS_socketpair, SYS_connect, SYS_bind, SYS_sendto, SYS_sendmsg,
      SYS_kill, SYS_tkill, SYS_tgkill, SYS_ptrace, SYS_clone, SYS_clone3, SYS_setuid, SYS_setgid,
      SYS_setresuid, SYS_setresgid, SYS_setreuid, SYS_setregid, SYS_setfsuid, SYS_setfsgid,
      SYS_process_vm_readv, SYS_process_vm_writev, SYS_pidfd_open, SYS_pidfd_getfd, SYS_pidfd_send_signal,
      SYS_prlimit64, SYS_setpriority
#if defined(__x86_64__)
      ,
      SYS_fork, SYS_vfork
#endif
};

Error refused(const char* what) {
  return {.kind = ErrorKind::internal,
          .code = "internal_error",
          .message = std::string("the archive's process cannot give up its rights: ") + what + ": " +
                     std::strerror(errno)};
}

Result<void> install(std::vector<sock_filter> program) {
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) return refused("filter");
  return {};
}

// Comes on top of the filter of commands, which ends processes of foreign architectures.
std::vector<sock_filter> no_way_out() {
  std::vector<sock_filter> program{{BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)}};
  for (const auto call : kRefused) {
    program.push_back({BPF_JMP | BPF_JEQ | BPF_K, 0, 1, static_cast<__u32>(call)});
    program.push_back({BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | EPERM});
  }
  program.push_back({BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW});
  return program;
}

// Keeps the right to change ids over the change of the user, and only for the change of its rights on files.
Result<void> leave_root(const FilesUser& user) {
  const auto gid = static_cast<gid_t>(user.gid);
  if (::syscall(SYS_setgroups, 0, nullptr) != 0 || ::syscall(SYS_setresgid, gid, gid, gid) != 0)
    return refused("group");
  if (::prctl(PR_SET_KEEPCAPS, 1) != 0 || ::syscall(SYS_setresuid, kOwnUid, kOwnUid, kOwnUid) != 0)
    return refused("user");
  __user_cap_header_struct version{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> only{};
  only[0].effective = only[0].permitted = 1U << CAP_SETUID | 1U << CAP_SETGID;
  if (::syscall(SYS_capset, &version, only.data()) != 0) return refused("capabilities");
  return {};
}

// Comes while the process is still root: its entries in /proc belong to root.
Result<void> go_first() {
  const UniqueFd score(::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC));
  if (!score || ::write(score.get(), kOutOfMemoryScore.data(), kOutOfMemoryScore.size()) < 0)
    return refused("memory");
  errno = 0;
  if (::nice(kNicer) == -1 && errno != 0) return refused("priority");
  return {};
}

void limit(int resource, rlim_t value) {
  const rlimit bound{value, value};
  ::setrlimit(static_cast<__rlimit_resource>(resource), &bound);
}

}  // namespace

Result<void> enter_archive_sandbox(const FilesUser& user) {
  WYE_CHECK(go_first());
  if (::geteuid() == 0 && user.uid >= 0) WYE_CHECK(leave_root(user));
  WYE_CHECK(take_file_rights_of(user));
  ::prctl(PR_SET_DUMPABLE, 0);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_CPU, kSeconds);
  limit(RLIMIT_NOFILE, kDescriptors);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  limit(RLIMIT_AS, kMemory);
#endif
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return refused("privileges");
  // The second filter would refuse its own installation, were it the first.
  WYE_CHECK(install(make_seccomp_filter(FilterFor::commands)));
  return install(no_way_out());
}

}  // namespace wye::vm
