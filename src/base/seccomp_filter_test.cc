#include "base/seccomp_filter.h"

#include <gtest/gtest.h>
#include <linux/audit.h>
#include <linux/falloc.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstring>
#include <set>

namespace wye {
namespace {

constexpr std::uint32_t kNative =
#if defined(__x86_64__)
    AUDIT_ARCH_X86_64;
#else
    AUDIT_ARCH_AARCH64;
#endif
constexpr std::uint32_t kAllow = SECCOMP_RET_ALLOW, kDeny = SECCOMP_RET_ERRNO | EPERM,
                        kUnknown = SECCOMP_RET_ERRNO | ENOSYS, kKill = SECCOMP_RET_KILL_PROCESS;

// Runs the program like the kernel; knows only the instructions that the filter uses.
std::uint32_t run(const std::vector<sock_filter>& program, const seccomp_data& data) {
  std::uint32_t loaded = 0;
  for (std::size_t at = 0; at < program.size(); ++at) {
    const auto& step = program[at];
    const auto jump = [&](bool yes) { at += yes ? step.jt : step.jf; };
    switch (step.code) {
      case BPF_LD | BPF_W | BPF_ABS:
        std::memcpy(&loaded, reinterpret_cast<const char*>(&data) + step.k, sizeof loaded);
        break;
      case BPF_ALU | BPF_AND | BPF_K:
        loaded &= step.k;
        break;
      case BPF_JMP | BPF_JEQ | BPF_K:
        jump(loaded == step.k);
        break;
      case BPF_JMP | BPF_JGT | BPF_K:
        jump(loaded > step.k);
        break;
      case BPF_JMP | BPF_JGE | BPF_K:
        jump(loaded >= step.k);
        break;
      case BPF_JMP | BPF_JSET | BPF_K:
        jump((loaded & step.k) != 0);
        break;
      case BPF_RET | BPF_K:
        return step.k;
      default:
        ADD_FAILURE() << "an instruction nobody expects: " << step.code;
        return 0;
    }
  }
  ADD_FAILURE() << "the program ends without an answer";
  return 0;
}

using Arguments = std::array<std::uint64_t, 6>;
std::uint32_t answer_to(long call, const Arguments& arguments = {}, FilterFor whom = FilterFor::browser,
                        std::uint32_t architecture = kNative) {
  static const auto browser = make_seccomp_filter(FilterFor::browser);
  static const auto commands = make_seccomp_filter(FilterFor::commands);
  seccomp_data data{.nr = static_cast<int>(call), .arch = architecture, .instruction_pointer = 0, .args = {}};
  std::copy(arguments.begin(), arguments.end(), data.args);
  return run(whom == FilterFor::browser ? browser : commands, data);
}

#if defined(__x86_64__)
TEST(SeccompFilter, a_call_that_was_never_reviewed_does_not_exist) {
  for (long call = SYS_rseq + 1; call < SYS_pidfd_send_signal; ++call)
    EXPECT_EQ(answer_to(call), kUnknown) << call;
  for (long call = SYS_set_mempolicy_home_node + 1; call < 5000; ++call)
    EXPECT_EQ(answer_to(call), call == 452 ? kAllow : kUnknown) << call;
  EXPECT_EQ(answer_to(0x3fffffff), kUnknown);
  EXPECT_EQ(answer_to(-1), kUnknown) << "no call at all, as a debugger may leave it";
}

TEST(SeccompFilter, foreign_architectures_and_x32_end_the_process) {
  EXPECT_EQ(answer_to(SYS_read, {}, FilterFor::browser, AUDIT_ARCH_I386), kKill);
  EXPECT_EQ(answer_to(0x40000000 + SYS_read), kKill);
  EXPECT_EQ(answer_to(0x40000000 + SYS_socket, {AF_UNIX, SOCK_STREAM}), kKill);
}
#endif

TEST(SeccompFilter, each_reviewed_call_has_the_answer_of_its_own) {
  for (const long call : {SYS_read, SYS_openat, SYS_execve, SYS_clone, SYS_clone3, SYS_unshare, SYS_chroot,
                          SYS_ptrace, SYS_seccomp, SYS_pidfd_open, SYS_faccessat2, SYS_futex, SYS_rseq,
                          SYS_timer_create, SYS_landlock_create_ruleset})
    EXPECT_EQ(answer_to(call), kAllow) << call;
  for (const long call : {SYS_mount, SYS_open_tree, SYS_setns, SYS_bpf, SYS_keyctl, SYS_io_setup,
                          SYS_io_uring_setup, SYS_memfd_secret, SYS_fanotify_init, SYS_kexec_load, SYS_mbind})
    EXPECT_EQ(answer_to(call), kDeny) << call;
  for (const long call : {SYS_sync, SYS_syncfs}) EXPECT_EQ(answer_to(call), SECCOMP_RET_ERRNO | 0U) << call;
}

constexpr std::uint64_t kHigh = 1ULL << 32;  // a bit that the kernel cuts off

TEST(SeccompFilter, sockets_are_unix_tcp_udp_and_routing_netlink) {
  const auto socket = [](std::uint64_t family, std::uint64_t type, std::uint64_t protocol) {
    return answer_to(SYS_socket, {family, type, protocol});
  };
  std::set<std::array<std::uint64_t, 3>> open;
  for (std::uint64_t family = 0; family < 64; ++family)
    for (std::uint64_t type = 0; type < 16; ++type)
      for (std::uint64_t protocol = 0; protocol < 300; ++protocol)
        if (socket(family, type, protocol) == kAllow)
          open.insert({family == AF_INET6 ? AF_INET : family,
                       family == AF_NETLINK || family == AF_UNIX ? 0 : type,
                       family == AF_UNIX ? 0 : protocol});
        else
          EXPECT_EQ(socket(family, type, protocol), kDeny);
  EXPECT_EQ(open, (std::set<std::array<std::uint64_t, 3>>{{AF_UNIX, 0, 0},
                                                          {AF_NETLINK, 0, NETLINK_ROUTE},
                                                          {AF_INET, SOCK_STREAM, 0},
                                                          {AF_INET, SOCK_STREAM, IPPROTO_TCP},
                                                          {AF_INET, SOCK_DGRAM, 0},
                                                          {AF_INET, SOCK_DGRAM, IPPROTO_UDP}}));
  EXPECT_EQ(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), kAllow);
  EXPECT_EQ(socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), kDeny);
  EXPECT_EQ(socket(kHigh | AF_VSOCK, SOCK_STREAM, 0), kDeny);
  EXPECT_EQ(socket(kHigh | AF_INET, kHigh | SOCK_RAW, kHigh | IPPROTO_ICMP), kDeny);
  EXPECT_EQ(socket(AF_INET, SOCK_DGRAM, kHigh | IPPROTO_ICMP), kDeny);
  EXPECT_EQ(socket(AF_NETLINK, SOCK_RAW, kHigh | NETLINK_NETFILTER), kDeny);
  EXPECT_EQ(answer_to(SYS_socketpair, {AF_UNIX, SOCK_SEQPACKET}), kAllow);
  EXPECT_EQ(answer_to(SYS_socketpair, {AF_TIPC, SOCK_SEQPACKET}), kDeny);
}

TEST(SeccompFilter, room_is_given_back_freely_and_taken_in_pieces) {
  const auto ask = [](std::uint64_t mode, std::uint64_t length) {
    return answer_to(SYS_fallocate, {3, mode, 0, length});
  };
  constexpr std::uint64_t kMiB = 1 << 20, kKeep = FALLOC_FL_KEEP_SIZE;
  EXPECT_EQ(ask(kKeep, kMiB), kAllow);
  EXPECT_EQ(ask(kKeep, kMiB + 1), kDeny);
  EXPECT_EQ(ask(kKeep, kHigh), kDeny);
  EXPECT_EQ(ask(kKeep | FALLOC_FL_UNSHARE_RANGE, kMiB + 1), kDeny);
  EXPECT_EQ(ask(kHigh | kKeep, kMiB + 1), kDeny);
  EXPECT_EQ(ask(0, 512 * kMiB), kAllow);
  EXPECT_EQ(ask(0, 512 * kMiB + 1), kDeny);
  EXPECT_EQ(ask(0, kHigh | 1), kDeny);
  EXPECT_EQ(ask(FALLOC_FL_ZERO_RANGE, kHigh), kDeny);
  EXPECT_EQ(ask(kKeep | FALLOC_FL_PUNCH_HOLE, kHigh * 1024), kAllow);
}

TEST(SeccompFilter, no_keys_are_typed_into_a_terminal_and_no_room_is_taken_by_another_name) {
  constexpr std::uint64_t kTioclinux = 0x541c, kResvsp = 0x40305828, kResvsp64 = 0x4030582a,
                          kZeroRange = 0x40305839;
  for (const std::uint64_t request : {std::uint64_t{TIOCSTI}, kHigh | TIOCSTI, kTioclinux, kResvsp, kResvsp64,
                                      kHigh | kResvsp64, kZeroRange})
    EXPECT_EQ(answer_to(SYS_ioctl, {0, request}), kDeny);
  EXPECT_EQ(answer_to(SYS_ioctl, {0, TIOCGWINSZ}), kAllow);
}

TEST(SeccompFilter, commands_make_no_namespaces) {
  const auto command = [](long call, const Arguments& arguments = {}) {
    return answer_to(call, arguments, FilterFor::commands);
  };
  for (const std::uint64_t flag : {CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWUSER,
                                   CLONE_NEWPID, CLONE_NEWNET}) {
    EXPECT_EQ(command(SYS_clone, {flag | SIGCHLD}), kDeny);
    EXPECT_EQ(answer_to(SYS_clone, {flag | SIGCHLD}), kAllow) << "Chromium's sandbox does";
  }
  EXPECT_EQ(command(SYS_clone, {CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD}), kAllow);
  EXPECT_EQ(command(SYS_clone, {SIGCHLD}), kAllow);
  EXPECT_EQ(command(SYS_clone3), kUnknown) << "so that callers take clone";
  for (const long call : {SYS_unshare, SYS_chroot, SYS_setns, SYS_mount}) EXPECT_EQ(command(call), kDeny);
  for (const long call : {SYS_execve, SYS_read, SYS_ptrace}) EXPECT_EQ(command(call), kAllow);
  EXPECT_EQ(command(SYS_socket, {AF_INET, SOCK_RAW, 0}), kDeny);
}

TEST(SeccompFilter, commands_cannot_lose_their_mark_or_limit_others) {
  const auto command = [](long call, const Arguments& arguments) {
    return answer_to(call, arguments, FilterFor::commands);
  };
  EXPECT_EQ(command(SYS_setrlimit, {RLIMIT_LOCKS, 1}), kDeny);
  EXPECT_EQ(command(SYS_setrlimit, {kHigh | RLIMIT_LOCKS, 1}), kDeny);
  EXPECT_EQ(command(SYS_setrlimit, {RLIMIT_NOFILE, 1}), kAllow);
  EXPECT_EQ(command(SYS_prlimit64, {0, RLIMIT_LOCKS, 0, 1}), kAllow) << "ulimit -a";
  EXPECT_EQ(command(SYS_prlimit64, {0, RLIMIT_LOCKS, 1, 0}), kDeny);
  EXPECT_EQ(command(SYS_prlimit64, {0, RLIMIT_LOCKS, kHigh, 0}), kDeny);
  EXPECT_EQ(command(SYS_prlimit64, {0, RLIMIT_NOFILE, 1, 0}), kAllow);
  EXPECT_EQ(command(SYS_prlimit64, {1, RLIMIT_NOFILE, 1, 0}), kDeny);
  EXPECT_EQ(answer_to(SYS_setrlimit, {RLIMIT_LOCKS, 1}), kAllow);
  EXPECT_EQ(command(SYS_ioctl, {0, TIOCSETD}), kDeny);
  EXPECT_EQ(command(SYS_ioctl, {0, TIOCSWINSZ}), kAllow);
}

}  // namespace
}  // namespace wye
