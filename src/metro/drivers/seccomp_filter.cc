#include "metro/drivers/seccomp_filter.h"

#include <errno.h>
#include <linux/sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <memory>

namespace wye::metro {
namespace {

constexpr const char* kDenied[] = {"mount",
                                   "umount",
                                   "umount2",
                                   "mount_setattr",
                                   "move_mount",
                                   "open_tree",
                                   "fsopen",
                                   "fsconfig",
                                   "fsmount",
                                   "fspick",
                                   "pivot_root",
                                   "setns",
                                   "keyctl",
                                   "add_key",
                                   "request_key",
                                   "bpf",
                                   "perf_event_open",
                                   "userfaultfd",
                                   "io_uring_setup",
                                   "io_uring_enter",
                                   "io_uring_register",
                                   "init_module",
                                   "finit_module",
                                   "delete_module",
                                   "kexec_load",
                                   "kexec_file_load",
                                   "open_by_handle_at",
                                   "name_to_handle_at",
                                   "swapon",
                                   "swapoff",
                                   "reboot",
                                   "acct",
                                   "quotactl",
                                   "quotactl_fd",
                                   "clock_settime",
                                   "clock_adjtime",
                                   "settimeofday",
                                   "stime",
                                   "adjtimex",
                                   "iopl",
                                   "ioperm",
                                   "modify_ldt",
                                   "fanotify_init",
                                   "sethostname",
                                   "setdomainname",
                                   "syslog",
                                   "nfsservctl",
                                   "vhangup",
                                   "lookup_dcookie",
                                   "_sysctl",
                                   "uselib",
                                   "ustat",
                                   "sysfs",
                                   "get_mempolicy",
                                   "set_mempolicy",
                                   "mbind",
                                   "move_pages",
                                   "migrate_pages",
                                   "vmsplice"};

Error failed(const char* what) {
  return {.kind = ErrorKind::internal,
          .code = "internal_error",
          .message = std::string("the seccomp filter cannot be made: ") + what};
}

// The kernel takes the low half of such an argument: bits above it must not lead past the filter.
scmp_arg_cmp low_half_is(unsigned argument, std::uint32_t value) {
  return {.arg = argument, .op = SCMP_CMP_MASKED_EQ, .datum_a = 0xffffffff, .datum_b = value};
}

}  // namespace

Result<UniqueFd> make_seccomp_filter() {
  const std::unique_ptr<void, void (*)(scmp_filter_ctx)> filter(::seccomp_init(SCMP_ACT_ALLOW),
                                                                ::seccomp_release);
  if (!filter) return failed("init");
  // Only the native architecture is in the filter: i386 and x32 calls end the process.
  ::seccomp_attr_set(filter.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
  const auto deny = [&](int call, unsigned count = 0, scmp_arg_cmp argument = {}) {
    return ::seccomp_rule_add_array(filter.get(), SCMP_ACT_ERRNO(EPERM), call, count, &argument) == 0;
  };
  for (const auto* name : kDenied) {
    const int call = ::seccomp_syscall_resolve_name(name);
    if (call == __NR_SCMP_ERROR) continue;  // older than this libseccomp or not on this architecture
    if (!deny(call)) return failed(name);
  }
  // Sockets: UNIX, INET, INET6, NETLINK. AF_VSOCK would reach the hypervisor, AF_PACKET and AF_ALG the
  // kernel.
  for (int family = 0; family < 64; ++family) {
    if (family == AF_UNIX || family == AF_INET || family == AF_INET6 || family == AF_NETLINK) continue;
    if (!deny(SCMP_SYS(socket), 1, low_half_is(0, static_cast<std::uint32_t>(family))))
      return failed("socket");
  }
  if (!deny(SCMP_SYS(socket), 1, {.arg = 0, .op = SCMP_CMP_GE, .datum_a = 64, .datum_b = 0}))
    return failed("socket");
  for (const unsigned request : {static_cast<unsigned>(TIOCSTI), 0x541cU /* TIOCLINUX */})
    if (!deny(SCMP_SYS(ioctl), 1, low_half_is(1, request))) return failed("ioctl");
  UniqueFd out(::memfd_create("seccomp", MFD_CLOEXEC));
  if (!out || ::seccomp_export_bpf(filter.get(), out.get()) != 0 || ::lseek(out.get(), 0, SEEK_SET) != 0)
    return failed("export");
  return out;
}

}  // namespace wye::metro
