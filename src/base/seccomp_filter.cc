#include "base/seccomp_filter.h"

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

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <map>

namespace wye {
namespace {

using Code = std::vector<sock_filter>;

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
constexpr std::uint32_t kEndOfFirstRange = SYS_rseq + 1;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
constexpr std::uint32_t kEndOfFirstRange = SYS_kexec_file_load + 1;
#else
#error "the calls of this architecture are not reviewed"
#endif
// Reviewed calls: a first range, a gap of numbers that the kernel has begun to use, and the calls that all
// architectures share. To add one, review it, then move the end.
constexpr std::uint32_t kSharedRange = SYS_pidfd_send_signal,
                        kEndOfSharedRange = SYS_set_mempolicy_home_node + 1;
constexpr std::uint32_t kFchmodat2 = 452;  // reviewed too; not in every system's headers yet

constexpr std::uint32_t kNamespaceFlags =
    CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
// The spool is on the host's disk, and the memory of a process that dies is the VM's, so room is taken in
// small pieces. The agent asks for 64 KiB at once; Chromium asks only for shared memory, of which a VM has
// 512 MiB.
constexpr std::uint32_t kMostRoomPastTheEnd = 1u << 20, kMostRoom = 512u << 20;

// The results of a rule.
constexpr std::uint32_t kAllow = SECCOMP_RET_ALLOW;
constexpr std::uint32_t kDeny = SECCOMP_RET_ERRNO | EPERM;
constexpr std::uint32_t kUnknown = SECCOMP_RET_ERRNO | ENOSYS;
constexpr std::uint32_t kNothingToDo = SECCOMP_RET_ERRNO | 0;

constexpr long kDenied[] = {
    // Mounts and trees.
    SYS_mount,
    SYS_umount2,
    SYS_mount_setattr,
    SYS_move_mount,
    SYS_open_tree,
    SYS_fsopen,
    SYS_fsconfig,
    SYS_fsmount,
    SYS_fspick,
    SYS_pivot_root,
    SYS_open_by_handle_at,
    SYS_name_to_handle_at,
    SYS_swapon,
    SYS_swapoff,
    SYS_acct,
    SYS_quotactl,
    SYS_quotactl_fd,
    SYS_setns,
    // Parts of the kernel that no page and no command needs.
    SYS_keyctl,
    SYS_add_key,
    SYS_request_key,
    SYS_bpf,
    SYS_perf_event_open,
    SYS_userfaultfd,
    SYS_io_uring_setup,
    SYS_io_uring_enter,
    SYS_io_uring_register,
    SYS_fanotify_init,
    SYS_fanotify_mark,
    SYS_vmsplice,
    SYS_memfd_secret,
    SYS_lookup_dcookie,
    SYS_nfsservctl,
    // Counted for the whole host (fs.aio-max-nr).
    SYS_io_setup,
    SYS_io_destroy,
    SYS_io_submit,
    SYS_io_cancel,
    SYS_io_getevents,
    SYS_io_pgetevents,
    // The machine itself.
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_kexec_load,
    SYS_kexec_file_load,
    SYS_reboot,
    SYS_clock_settime,
    SYS_clock_adjtime,
    SYS_settimeofday,
    SYS_adjtimex,
    SYS_sethostname,
    SYS_setdomainname,
    SYS_syslog,
    SYS_vhangup,
    // The placement of memory.
    SYS_get_mempolicy,
    SYS_set_mempolicy,
    SYS_set_mempolicy_home_node,
    SYS_mbind,
    SYS_move_pages,
    SYS_migrate_pages,
#if defined(__x86_64__)
    SYS_iopl,
    SYS_ioperm,
    SYS_modify_ldt,
    SYS__sysctl,
    SYS_uselib,
    SYS_ustat,
    SYS_sysfs,
    SYS_create_module,
    SYS_get_kernel_syms,
    SYS_query_module,
    SYS_getpmsg,
    SYS_putpmsg,
    SYS_afs_syscall,
    SYS_tuxcall,
    SYS_security,
    SYS_vserver,
    SYS_epoll_ctl_old,
    SYS_epoll_wait_old,
#endif
};

Code operator+(Code left, const Code& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}
Code one(unsigned code, std::uint32_t value, std::size_t if_true = 0, std::size_t if_false = 0) {
  return {{static_cast<__u16>(code), static_cast<__u8>(if_true), static_cast<__u8>(if_false), value}};
}
Code answer(std::uint32_t action) { return one(BPF_RET | BPF_K, action); }
Code load(std::size_t offset) { return one(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset)); }
// Loads one half of an argument (little-endian). The kernel takes the low half of an `int`; bits above it
// must not lead past a rule.
Code low_half(unsigned argument) { return load(offsetof(seccomp_data, args) + argument * 8); }
Code high_half(unsigned argument) { return load(offsetof(seccomp_data, args) + argument * 8 + 4); }
Code only_bits(std::uint32_t bits) { return one(BPF_ALU | BPF_AND | BPF_K, bits); }
// Runs `then` where the loaded value is equal, has one of the bits, or is greater; otherwise skips it.
Code when(std::uint32_t value, const Code& then) {
  return one(BPF_JMP | BPF_JEQ | BPF_K, value, 0, then.size()) + then;
}
Code when_any_bit(std::uint32_t bits, const Code& then) {
  return one(BPF_JMP | BPF_JSET | BPF_K, bits, 0, then.size()) + then;
}
Code when_greater(std::uint32_t value, const Code& then) {
  return one(BPF_JMP | BPF_JGT | BPF_K, value, 0, then.size()) + then;
}

Code allowed() { return answer(kAllow); }
Code refused() { return answer(kDeny); }

// `socket(family, type, protocol)`. Raw, ICMP, SCTP, MPTCP and UDP-Lite sockets, packet sockets, vsock and
// all netlink but routing reach parts of the kernel that no browser needs. A process has every capability in
// a user namespace that it makes, so capabilities do not stop them.
Code socket_rule() {
  const auto protocol = [](std::uint32_t its) {
    return low_half(2) + when(0, allowed()) + when(its, allowed()) + refused();
  };
  // The kernel takes the type from the low four bits; it checks the flags above them itself.
  const auto internet = low_half(1) + only_bits(0xf) + when(SOCK_STREAM, protocol(IPPROTO_TCP)) +
                        when(SOCK_DGRAM, protocol(IPPROTO_UDP)) + refused();
  return low_half(0) + when(AF_UNIX, allowed()) + when(AF_INET, internet) + when(AF_INET6, internet) +
         when(AF_NETLINK, low_half(2) + when(NETLINK_ROUTE, allowed()) + refused()) + refused();
}

// Pairs exist for TIPC sockets, too.
Code socketpair_rule() { return low_half(0) + when(AF_UNIX, allowed()) + refused(); }

// Refuses typing keys into another terminal, and the older forms of fallocate; to commands also line
// disciplines, for which the kernel loads drivers.
Code ioctl_rule(FilterFor whom) {
  constexpr std::uint32_t kTioclinux = 0x541c;
  constexpr std::uint32_t kResvsp = 0x40305828, kResvsp64 = 0x4030582a, kZeroRange = 0x40305839;
  auto rule = low_half(1);
  for (const auto request : {static_cast<std::uint32_t>(TIOCSTI), kTioclinux, kResvsp, kResvsp64, kZeroRange})
    rule = rule + when(request, refused());
  if (whom == FilterFor::commands) rule = rule + when(TIOCSETD, refused());
  return rule + allowed();
}

// Keeps the limit by which the agent knows a command's processes (vm/command/command_mark.h), and the limits
// of other processes. Asking for the own limits is allowed.
Code setrlimit_rule() { return low_half(0) + when(RLIMIT_LOCKS, refused()) + allowed(); }
Code prlimit_rule() {
  const auto only_asks =
      low_half(2) + when_greater(0, refused()) + high_half(2) + when_greater(0, refused()) + allowed();
  return low_half(0) + when_greater(0, refused()) + low_half(1) + when(RLIMIT_LOCKS, only_asks) + allowed();
}

// `fallocate(fd, mode, offset, length)`: giving room back is always allowed, taking it is bounded.
Code fallocate_rule() {
  const auto at_most = [](std::uint32_t bytes) {
    return low_half(3) + when_greater(bytes, refused()) + allowed();
  };
  return low_half(1) + when_any_bit(FALLOC_FL_PUNCH_HOLE, allowed()) + high_half(3) +
         when_greater(0, refused()) + low_half(1) +
         when_any_bit(FALLOC_FL_KEEP_SIZE, at_most(kMostRoomPastTheEnd)) + at_most(kMostRoom);
}

std::map<long, Code> argument_rules(FilterFor whom) {
  std::map<long, Code> rules{{SYS_socket, socket_rule()},
                             {SYS_socketpair, socketpair_rule()},
                             {SYS_ioctl, ioctl_rule(whom)},
                             {SYS_fallocate, fallocate_rule()}};
  if (whom == FilterFor::commands) {
    rules[SYS_clone] = low_half(0) + when_any_bit(kNamespaceFlags, refused()) + allowed();
    rules[SYS_setrlimit] = setrlimit_rule();
    rules[SYS_prlimit64] = prlimit_rule();
  }
  return rules;
}

std::map<std::uint32_t, std::uint32_t> plain_answers(FilterFor whom) {
  std::map<std::uint32_t, std::uint32_t> out{{kFchmodat2, kAllow}};
  for (std::uint32_t call = 0; call < kEndOfFirstRange; ++call) out[call] = kAllow;
  for (auto call = kSharedRange; call < kEndOfSharedRange; ++call) out[call] = kAllow;
  for (const auto call : kDenied) out[static_cast<std::uint32_t>(call)] = kDeny;
  // These calls would write out the files of the whole host; a VM's own files are in memory.
  for (const auto call : {SYS_sync, SYS_syncfs}) out[static_cast<std::uint32_t>(call)] = kNothingToDo;
  if (whom == FilterFor::commands) {
    for (const auto call : {SYS_unshare, SYS_chroot}) out[static_cast<std::uint32_t>(call)] = kDeny;
    out[SYS_clone3] = kUnknown;  // its flags are in memory, where no filter sees them; callers then use clone
  }
  return out;
}

// The calls from one number on, up to the first of the next range.
struct Range {
  std::uint32_t first, action;
};

std::vector<Range> ranges(FilterFor whom) {
  std::vector<Range> out{{0, kUnknown}};
  for (const auto& [call, action] : plain_answers(whom)) {
    if (out.back().first == call)
      out.back().action = action;
    else
      out.push_back({call, action});
    out.push_back({call + 1, kUnknown});  // unless its neighbour says otherwise
  }
  std::vector<Range> joined;
  for (const auto& range : out)
    if (joined.empty() || joined.back().action != range.action) joined.push_back(range);
  return joined;
}

// Finds the range of the loaded number by bisection: a dozen steps for hundreds of calls.
Code find(const std::vector<Range>& all, std::size_t from, std::size_t to) {
  if (to - from == 1) return answer(all[from].action);
  const auto middle = from + (to - from) / 2;
  const auto below = find(all, from, middle);
  return one(BPF_JMP | BPF_JGE | BPF_K, all[middle].first, below.size(), 0) + below + find(all, middle, to);
}

}  // namespace

std::vector<sock_filter> make_seccomp_filter(FilterFor whom) {
  auto program = load(offsetof(seccomp_data, arch)) + one(BPF_JMP | BPF_JEQ | BPF_K, kArchitecture, 1, 0) +
                 answer(SECCOMP_RET_KILL_PROCESS) + load(offsetof(seccomp_data, nr));
#if defined(__x86_64__)
  constexpr std::uint32_t kX32 = 0x40000000, kNone = 0xffffffff;
  program =
      program + when_greater(kX32 - 1, when(kNone, answer(kUnknown)) + answer(SECCOMP_RET_KILL_PROCESS));
#endif
  for (const auto& [call, rule] : argument_rules(whom))
    program = program + when(static_cast<std::uint32_t>(call), rule);
  const auto all = ranges(whom);
  return program + find(all, 0, all.size());
}

}  // namespace wye
