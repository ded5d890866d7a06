#include "relay/sandbox.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace wye::relay {

namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
#error "the calls of this architecture are not reviewed"
#endif

constexpr std::uint32_t kAllow = SECCOMP_RET_ALLOW;
constexpr std::uint32_t kRefuse = SECCOMP_RET_ERRNO | EPERM;

// Whatever their arguments: bytes on descriptors that are here, waiting, memory, time, and the end.
constexpr long kAllowed[] = {
    SYS_read,        SYS_write,         SYS_readv,           SYS_writev,
    SYS_recvfrom,    SYS_recvmsg,       SYS_close,           SYS_shutdown,
    SYS_getsockopt,  SYS_getsockname,   SYS_getpeername,     SYS_epoll_ctl,
    SYS_epoll_pwait, SYS_ppoll,         SYS_futex,           SYS_mmap,
    SYS_munmap,      SYS_mremap,        SYS_madvise,         SYS_brk,
    SYS_mprotect,    SYS_clock_gettime, SYS_clock_nanosleep, SYS_timerfd_settime,
    SYS_getrandom,   SYS_getpid,        SYS_gettid,          SYS_geteuid,
    SYS_sched_yield, SYS_rt_sigreturn,  SYS_rt_sigprocmask,  SYS_sigaltstack,
    SYS_tgkill,      SYS_exit,          SYS_exit_group,      SYS_restart_syscall,
#if defined(__x86_64__)
    SYS_epoll_wait,  SYS_poll,
#endif
};

constexpr std::uint32_t kNumber = offsetof(seccomp_data, nr), kArch = offsetof(seccomp_data, arch);
// The lower half of an argument, on little-endian machines.
constexpr std::uint32_t argument(unsigned index) {
  return static_cast<std::uint32_t>(offsetof(seccomp_data, args) + index * sizeof(std::uint64_t));
}

using Code = std::vector<sock_filter>;
sock_filter load(std::uint32_t offset) { return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset); }
sock_filter answer(std::uint32_t what) { return BPF_STMT(BPF_RET | BPF_K, what); }

// Answers a call that has this number: allowed when the words of its arguments are as wanted.
struct Word {
  unsigned argument;
  std::uint32_t mask, value;
};
void allow_if(Code& code, long call, const std::vector<Word>& words) {
  const auto length = static_cast<std::uint8_t>(words.size() * 4 + 1);
  code.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0, length));
  for (const auto& word : words) {
    code.push_back(load(argument(word.argument)));
    code.push_back(BPF_STMT(BPF_ALU | BPF_AND | BPF_K, word.mask));
    code.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, word.value, 1, 0));
    code.push_back(answer(kRefuse));
  }
  code.push_back(answer(kAllow));
}

Code filter(int listener) {
  constexpr std::uint32_t kAll = ~0U;
  Code code{load(kArch), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kArchitecture, 1, 0),
            answer(SECCOMP_RET_KILL_PROCESS), load(kNumber)};
  // sendto comes first: each message needs it, and the kernel remembers only answers that no argument
  // changes. To no address: what is sent to one would connect a TCP socket on the way (MSG_FASTOPEN).
  allow_if(code, SYS_sendto, {{3, MSG_FASTOPEN, 0}});
  for (const long call : kAllowed) allow_if(code, call, {});
  const auto fd = static_cast<std::uint32_t>(listener);
  allow_if(code, SYS_accept4, {{0, kAll, fd}});
  allow_if(code, SYS_sendmsg, {{2, MSG_FASTOPEN, 0}});
  // A connect with an address this short can only disconnect (AF_UNSPEC).
  allow_if(code, SYS_connect, {{2, kAll, sizeof(sa_family_t)}});
  allow_if(code, SYS_setsockopt, {{1, kAll, SOL_SOCKET}, {2, kAll, SO_LINGER}});
  allow_if(code, SYS_ioctl, {{1, kAll, FIONBIO}});
  allow_if(code, SYS_fcntl, {{1, ~3U, F_GETFD & ~3U}});  // F_DUPFD, F_GETFD, F_SETFD, F_GETFL
  code.push_back(answer(kRefuse));
  return code;
}

}  // namespace

bool enter_sandbox(int listener) {
  auto code = filter(listener);
  const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) == 0;
}

}  // namespace wye::relay
