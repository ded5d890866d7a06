#include "metro/drivers/vm_launcher.h"

#include <fcntl.h>
#include <grp.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <vector>

#include "metro/drivers/cgroup.h"
#include "metro/drivers/fence.h"
#include "metro/drivers/launch_spec.h"
#include "metro/drivers/network_helper.h"
#include "metro/drivers/process_identity.h"
#include "metro/drivers/seccomp_filter.h"
#include "wire/json_codec.h"

// Inside this short-lived process a failed step throws: every exit but success goes through one place that
// ends what was half made. The steps and their order: findings of the isolation, docs/adr/0002-isolation.md.
namespace wye::metro {
namespace {

[[noreturn]] void fail(const std::string& step) {
  throw std::runtime_error(step + ": " + std::strerror(errno));
}

std::string read_all(int fd) {
  std::string text;
  char piece[4096];
  for (ssize_t got; (got = ::read(fd, piece, sizeof piece)) > 0 && text.size() < (1u << 20);)
    text.append(piece, static_cast<std::size_t>(got));
  return text;
}

void write_all(int fd, std::string_view text, const std::string& step) {
  while (!text.empty()) {
    const auto wrote = ::write(fd, text.data(), text.size());
    if (wrote <= 0) fail(step);
    text.remove_prefix(static_cast<std::size_t>(wrote));
  }
}

void write_file(const std::string& path, std::string_view text, mode_t mode = 0644) {
  const UniqueFd out(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
  if (!out) fail(path);
  write_all(out.get(), text, path);
}

void write_proc(const std::string& path, std::string_view text) {
  const UniqueFd out(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!out) fail(path);
  write_all(out.get(), text, path);
}

// A word over the socket between launcher and helper; an end of the other side is an error.
void tell(int fd) { write_all(fd, "x", "helper"); }
void await(int fd, const char* what) {
  char byte;
  if (::read(fd, &byte, 1) != 1) throw std::runtime_error(std::string(what) + " failed");
}

void run(const std::vector<std::string>& words, const std::string& input = {}) {
  std::array<int, 2> in{};
  if (::pipe2(in.data(), O_CLOEXEC) != 0) fail("pipe");
  const pid_t child = ::fork();
  if (child < 0) fail("fork");
  if (child == 0) {
    ::dup2(in[0], STDIN_FILENO);
    std::vector<char*> argv;
    for (const auto& word : words) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    ::execvp(argv[0], argv.data());
    ::_exit(127);
  }
  ::close(in[0]);
  write_all(in[1], input, words[0]);
  ::close(in[1]);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    throw std::runtime_error(words[0] + " failed with status " + std::to_string(WEXITSTATUS(status)));
}

// A child that makes user namespaces must have one thread. ThreadSanitizer's fork gives it a second one.
pid_t fork_alone() {
#ifdef __SANITIZE_THREAD__
  return static_cast<pid_t>(::syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr));
#else
  return ::fork();
#endif
}

void write_maps(pid_t pid, const std::string& map) {
  const auto base = "/proc/" + std::to_string(pid);
  if (::geteuid() != 0) write_proc(base + "/setgroups", "deny");
  write_proc(base + "/uid_map", map);
  write_proc(base + "/gid_map", map);
}

void bring_loopback_up() {
  const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  std::strncpy(request.ifr_name, "lo", IFNAMSIZ - 1);
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  if (!socket || ::ioctl(socket.get(), SIOCSIFFLAGS, &request) != 0) fail("loopback");
}

// IPv6 is fenced off anyway. A link-local address that appears a second after the link makes Chromium abort
// what is under way (ERR_NETWORK_CHANGED).
void keep_ipv6_off_new_links() {
  const char* const setting = "/proc/sys/net/ipv6/conf/default/disable_ipv6";
  if (::access(setting, F_OK) == 0) write_proc(setting, "1");
}

// The inner user namespace, made by a child and kept by its descriptor. Its root does not own the network.
UniqueFd make_inner_namespace(bool ordinary) {
  std::array<int, 2> sync{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sync.data()) != 0) fail("socketpair");
  const pid_t child = fork_alone();
  if (child < 0) fail("fork");
  if (child == 0) {
    ::close(sync[0]);
    if (::unshare(CLONE_NEWUSER) != 0) ::_exit(1);
    char byte = 'x';
    if (::write(sync[1], &byte, 1) != 1 || ::read(sync[1], &byte, 1) != 1) ::_exit(1);
    ::_exit(0);
  }
  ::close(sync[1]);
  await(sync[0], "the inner user namespace");
  const auto base = "/proc/" + std::to_string(child);
  if (ordinary) write_proc(base + "/setgroups", "deny");
  write_proc(base + "/uid_map", ordinary ? "1000 0 1" : "0 0 65536");
  write_proc(base + "/gid_map", ordinary ? "1000 0 1" : "0 0 65536");
  UniqueFd out(::open((base + "/ns/user").c_str(), O_RDONLY));
  if (!out) fail("inner user namespace");
  tell(sync[0]);
  ::close(sync[0]);
  ::waitpid(child, nullptr, 0);
  return out;
}

void copy_file(int from, const std::string& to) {
  const UniqueFd out(::open(to.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0755));
  struct stat status {};
  if (!out || ::fstat(from, &status) != 0) fail(to);
  off_t at = 0;
  while (at < status.st_size)
    if (const auto sent = ::copy_file_range(from, &at, out.get(), nullptr,
                                            static_cast<std::size_t>(status.st_size - at), 0);
        sent <= 0) {
      // Across file systems of different kinds the kernel may refuse; then by hand.
      std::array<char, 1 << 16> piece;
      for (ssize_t got; (got = ::pread(from, piece.data(), piece.size(), at)) > 0; at += got)
        write_all(out.get(), {piece.data(), static_cast<std::size_t>(got)}, to);
      break;
    }
  ::fchmod(out.get(), 0755);
}

// What of the VM's tree is not the host's /usr: a tmpfs of our own, bounded in bytes and inodes, mounted over
// /mnt in this helper's own mount namespace; bubblewrap binds from there (it could not look into the
// session's 0700 directory).
void make_tree(const LaunchSpec& spec, int agent_fd, bool ordinary) {
  if (::unshare(CLONE_NEWNS) != 0) fail("mount namespace");
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) fail("private mounts");
  const auto options = "mode=0755,size=" + std::to_string(spec.home_bytes) + ",nr_inodes=262144";
  if (::mount("tmpfs", "/mnt", "tmpfs", MS_NOSUID | MS_NODEV, options.c_str()) != 0) fail("tmpfs");
  copy_file(agent_fd, "/mnt/wye-vm");
  for (const auto* name : {"/mnt/home", "/mnt/etc"})
    if (::mkdir(name, 0755) != 0) fail(name);
  if (::mkdir("/mnt/tmp", 01777) != 0 || ::chmod("/mnt/tmp", 01777) != 0) fail("/mnt/tmp");
  if (!ordinary && ::chown("/mnt/home", 1000, 1000) != 0) fail("/mnt/home");
  write_file("/mnt/etc/resolv.conf", "nameserver 10.0.2.3\noptions timeout:1 attempts:2\n");
  write_file("/mnt/etc/passwd",
             "root:x:0:0:root:/root:/bin/sh\nkernel:x:1000:1000:kernel:/home/kernel:/bin/"
             "sh\nnobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n");
  write_file("/mnt/etc/group", "root:x:0:\nkernel:x:1000:\nnogroup:x:65534:\n");
  write_file("/mnt/etc/hosts", std::string("127.0.0.1 localhost\n") +
                                   (spec.allow_host_loopback ? "10.0.2.2 host.wye.internal\n" : ""));
  write_file("/mnt/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n");
}

std::vector<std::string> bubblewrap_arguments(bool ordinary, int userns, int seccomp, int info) {
  std::vector<std::string> words{"bwrap",
                                 "--userns",
                                 std::to_string(userns),
                                 "--unshare-pid",
                                 "--unshare-ipc",
                                 "--unshare-uts",
                                 "--unshare-cgroup",
                                 "--hostname",
                                 "wye",
                                 "--as-pid-1",
                                 "--clearenv",
                                 "--seccomp",
                                 std::to_string(seccomp),
                                 "--info-fd",
                                 std::to_string(info)};
  const auto add = [&](std::initializer_list<const char*> more) {
    words.insert(words.end(), more.begin(), more.end());
  };
  add({"--ro-bind", "/usr", "/usr", "--symlink", "usr/bin", "/bin", "--symlink", "usr/sbin", "/sbin",
       "--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64", "--perms", "0755", "--dir",
       "/etc"});
  for (const auto* name : {"/etc/fonts", "/etc/ssl/certs", "/etc/ld.so.cache", "/etc/alternatives",
                           "/etc/mime.types", "/etc/chromium", "/etc/chromium.d"})
    add({"--ro-bind-try", name, name});
  for (const auto* name : {"resolv.conf", "passwd", "group", "hosts", "nsswitch.conf"}) {
    words.emplace_back("--ro-bind");
    words.push_back(std::string("/mnt/etc/") + name);
    words.push_back(std::string("/etc/") + name);
  }
  // Without them Chromium starts 50–100 ms slower: ICU then looks through every zone file, fontconfig builds
  // its cache anew.
  add({"--symlink",
       "/usr/share/zoneinfo/Etc/UTC",
       "/etc/localtime",
       "--perms",
       "0755",
       "--dir",
       "/var",
       "--perms",
       "0755",
       "--dir",
       "/var/cache",
       "--ro-bind-try",
       "/var/cache/fontconfig",
       "/var/cache/fontconfig",
       "--proc",
       "/proc",
       "--dev",
       "/dev",
       "--perms",
       "1777",
       "--size",
       "536870912",
       "--tmpfs",
       "/dev/shm",
       "--bind",
       "/mnt/tmp",
       "/tmp",
       "--perms",
       "0755",
       "--dir",
       "/home",
       "--bind",
       "/mnt/home",
       "/home/kernel",
       "--perms",
       "0755",
       "--dir",
       "/run",
       "--perms",
       "0755",
       "--dir",
       "/opt",
       "--perms",
       "0755",
       "--dir",
       "/opt/wye",
       "--ro-bind",
       "/mnt/wye-vm",
       "/opt/wye/wye-vm",
       "--remount-ro",
       "/",
       "--chdir",
       "/home/kernel",
       "--setenv",
       "HOME",
       "/home/kernel",
       "--setenv",
       "PATH",
       "/usr/local/bin:/usr/bin:/bin",
       "--setenv",
       "LANG",
       "C.UTF-8",
       "--cap-drop",
       "ALL"});
  if (!ordinary)
    for (const auto* capability : {"CAP_SETUID", "CAP_SETGID", "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER",
                                   "CAP_FSETID", "CAP_KILL"})
      add({"--cap-add", capability});
  add({"--", "/opt/wye/wye-vm", "--listen-fd", "5", "--spool-fd", "6", "--config-fd", "7"});
  return words;
}

void keep_open(int fd) { ::fcntl(fd, F_SETFD, ::fcntl(fd, F_GETFD) & ~FD_CLOEXEC); }

// The process that becomes bubblewrap. Never returns.
[[noreturn]] void become_vm(const LaunchSpec& spec, bool ordinary, int sync, int agent_fd, int info,
                            int alive) {
  try {
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) fail("user namespace");
    keep_ipv6_off_new_links();
    tell(sync);
    await(sync, "the launcher");  // maps are written, the cgroup is entered
    if (!ordinary && (::setgroups(0, nullptr) != 0 || ::setresgid(0, 0, 0) != 0 || ::setresuid(0, 0, 0) != 0))
      fail("uid");
    ::prctl(PR_SET_DUMPABLE,
            1);  // lost with the change of uid; without it this process may not write its child's maps
    bring_loopback_up();
    run({"nft", "-f", "-"}, fence_rules(spec.host_addresses, spec.allow_host_loopback));
    make_tree(spec, agent_fd, ordinary);
    const auto userns = make_inner_namespace(ordinary);
    auto seccomp = make_seccomp_filter();
    if (!seccomp) throw std::runtime_error(seccomp.error().message);
    await(sync, "slirp4netns");  // Chromium must not see its network change once it runs
    ::setsid();
    ::dup2(kLogFd, STDERR_FILENO);
    const UniqueFd null(::open("/dev/null", O_RDWR));
    ::dup2(null.get(), STDIN_FILENO);
    ::dup2(null.get(), STDOUT_FILENO);
    // bubblewrap hands on every descriptor it inherits: only those meant for it or for the agent stay.
    ::syscall(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC);
    for (const int fd : {kListenFd, kSpoolFd, kConfigFd, userns.get(), seccomp->get(), info, alive})
      keep_open(fd);
    const auto words = bubblewrap_arguments(ordinary, userns.get(), seccomp->get(), info);
    std::vector<char*> argv;
    for (const auto& word : words) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    ::execvp("bwrap", argv.data());
    fail("bwrap");
  } catch (const std::exception& error) {
    const std::string text = std::string("!") + error.what();
    [[maybe_unused]] const auto wrote = ::write(info, text.data(), text.size());
    ::_exit(1);
  }
}

struct Pipe {
  UniqueFd read, write;
  Pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) fail("pipe");
    read.reset(ends[0]);
    write.reset(ends[1]);
  }
};

// The two ends of the session's FIFO (launch_spec.h).
UniqueFd open_alive(int flags) {
  UniqueFd out(::open(("/proc/self/fd/" + std::to_string(kAliveFd)).c_str(), flags | O_CLOEXEC));
  if (!out) fail("the session's FIFO");
  return out;
}

void deliver(const LaunchAnswer& answer) { write_all(kAnswerFd, wire::to_text(answer), "the answer"); }

// Delivers its answer, or ends what it has made and throws.
void launch(const LaunchSpec& spec) {
  const bool ordinary = spec.base_uid == 0;
  const UniqueFd agent(::open(spec.agent_path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!agent) fail(spec.agent_path);
  std::array<int, 2> sync{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sync.data()) != 0) fail("socketpair");
  UniqueFd ours(sync[0]), theirs(sync[1]);
  Pipe info, slirp_ready;
  auto alive_read = open_alive(O_RDONLY | O_NONBLOCK), alive_write = open_alive(O_WRONLY);
  LaunchAnswer answer;
  pid_t helper = -1, slirp = -1;
  try {
    answer.cgroup = make_cgroup(spec.session_id, static_cast<std::uint64_t>(spec.memory_bytes),
                                static_cast<std::uint64_t>(spec.max_tasks));
    helper = fork_alone();
    if (helper < 0) fail("fork");
    if (helper == 0) {
      ours.reset();
      slirp_ready.write.reset();  // else slirp4netns's early end would be waited for in vain
      become_vm(spec, ordinary, theirs.get(), agent.get(), info.write.get(), alive_write.get());
    }
    theirs.reset();
    info.write.reset();
    await(ours.get(), "the VM's user namespace");
    write_maps(helper, ordinary ? "0 " + std::to_string(::getuid()) + " 1"
                                : "0 " + std::to_string(spec.base_uid) + " 65536");
    if (const auto entered = enter_cgroup(answer.cgroup, helper); !entered)
      throw std::runtime_error(entered.error().message);
    slirp = start_network_helper(network_place_of(helper), spec.allow_host_loopback, alive_read.get(),
                                 slirp_ready.write.get());
    alive_read.reset();
    alive_write.reset();
    slirp_ready.write.reset();
    tell(ours.get());  // the helper builds its tree and its fence while the network comes up
    await(slirp_ready.read.get(), "slirp4netns");
    // A helper that has failed meanwhile does not hear this; it says why below.
    [[maybe_unused]] const auto heard = ::write(ours.get(), "x", 1);
    const auto told = read_all(info.read.get());
    if (told.starts_with('!')) throw std::runtime_error(told.substr(1));
    const auto parsed = wire::parse_json(told);
    const auto* pid = parsed && parsed->is_object() ? parsed->get_object().if_contains("child-pid") : nullptr;
    if (pid == nullptr || !pid->is_int64())
      throw std::runtime_error("bubblewrap did not start; see the session's agent.log");
    answer.pid = pid->get_int64();
    answer.pid_start_time = process_start_time(static_cast<pid_t>(answer.pid));
    if (answer.pid_start_time == 0)
      throw std::runtime_error("the VM ended at once; see the session's agent.log");
    answer.network_helper_pid = slirp;
    answer.network_helper_start_time = process_start_time(slirp);
    answer.host_uid = ordinary ? static_cast<std::int64_t>(::getuid()) : spec.base_uid;
    deliver(answer);  // a VM that nobody can be told of must not live
  } catch (...) {
    for (const pid_t pid : {static_cast<pid_t>(answer.pid), helper, slirp})
      if (pid > 0) {
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
      }
    remove_cgroup(answer.cgroup, 2000);
    throw;
  }
}

// A new network helper for a VM that runs.
void attach_network(const LaunchSpec& spec) {
  const auto pid = static_cast<pid_t>(spec.network_of_pid);
  const auto place = network_place_inside(pid);
  // The namespaces first, then the check: they are then of the process that is meant.
  if (process_start_time(pid) != spec.network_of_start_time) throw std::runtime_error("the VM is no more");
  Pipe ready;
  auto alive = open_alive(O_RDONLY | O_NONBLOCK);
  const pid_t slirp = start_network_helper(place, spec.allow_host_loopback, alive.get(), ready.write.get());
  ready.write.reset();
  try {
    await(ready.read.get(), "slirp4netns");
    deliver({.network_helper_pid = slirp, .network_helper_start_time = process_start_time(slirp)});
  } catch (...) {
    ::kill(slirp, SIGKILL);
    ::waitpid(slirp, nullptr, 0);
    throw;
  }
}

// The host's addresses in the fence of a VM that runs, by a child that enters its network.
void change_fence(const LaunchSpec& spec) {
  const auto pid = static_cast<pid_t>(spec.fence_of_pid);
  const auto place = network_place_inside(pid);
  // The namespaces first, then the check: they are then of the process that is meant.
  if (process_start_time(pid) != spec.fence_of_start_time) throw std::runtime_error("the VM is no more");
  const pid_t child = fork_alone();
  if (child < 0) fail("fork");
  if (child == 0) {
    try {
      if (::setns(place.user.get(), CLONE_NEWUSER) != 0 || ::setns(place.net.get(), CLONE_NEWNET) != 0 ||
          ::setresgid(0, 0, 0) != 0 || ::setresuid(0, 0, 0) != 0)
        ::_exit(1);
      run({"nft", "-f", "-"}, fence_update(spec.host_addresses));
      ::_exit(0);
    } catch (const std::exception&) {
      ::_exit(1);
    }
  }
  int status = 0;
  if (::waitpid(child, &status, 0) != child || status != 0)
    throw std::runtime_error("nft does not change the fence");
  deliver({});
}

}  // namespace

int launch_vm_main() {
  try {
    for (const int fd : {kSpecFd, kAnswerFd, kListenFd, kSpoolFd, kConfigFd, kLogFd, kAliveFd})
      ::fcntl(fd, F_SETFD, FD_CLOEXEC);
    ::signal(SIGPIPE, SIG_IGN);
    ::umask(022);  // what is made here and in the VM is for the VM's users to read, however strict the
                   // server's is
    const auto spec = wire::from_text<LaunchSpec>(read_all(kSpecFd));
    if (!spec) throw std::runtime_error(spec.error().message);
    spec->fence_of_pid != 0     ? change_fence(*spec)
    : spec->network_of_pid != 0 ? attach_network(*spec)
                                : launch(*spec);
    return 0;
  } catch (const std::exception& error) {
    const auto text = wire::to_text(LaunchAnswer{.error = error.what()});
    [[maybe_unused]] const auto emptied = ::ftruncate(kAnswerFd, 0);
    [[maybe_unused]] const auto wrote = ::pwrite(kAnswerFd, text.data(), text.size(), 0);
    return 1;
  }
}

}  // namespace wye::metro
