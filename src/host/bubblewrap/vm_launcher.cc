#include "host/bubblewrap/vm_launcher.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <stdexcept>
#include <vector>

#include "base/network_of.h"
#include "base/process_identity.h"
#include "base/seccomp_filter.h"
#include "host/bubblewrap/cgroup.h"
#include "host/bubblewrap/fence.h"
#include "host/bubblewrap/launch_spec.h"
#include "host/bubblewrap/launch_steps.h"
#include "host/bubblewrap/vm_limits.h"
#include "host/bubblewrap/vm_network.h"
#include "host/bubblewrap/vm_tree.h"
#include "wire/json_codec.h"

// The steps and their order: docs/adr/0002-isolation.md.
namespace wye::host {
namespace {

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

// IPv6 is fenced off anyway. But a link-local address that appears a second after the link makes Chromium
// abort what is under way (ERR_NETWORK_CHANGED).
void keep_ipv6_off_new_links() {
  const char* const setting = "/proc/sys/net/ipv6/conf/default/disable_ipv6";
  if (::access(setting, F_OK) == 0) write_proc(setting, "1");
}

// Tells which network it is; the namespaces are made then.
void tell_network(int sync) {
  const auto number = own_network();
  write_all(sync, {reinterpret_cast<const char*>(&number), sizeof(number)}, "the VM's network");
}
std::int64_t await_network_number(int sync) {
  std::uint64_t number = 0;
  if (::recv(sync, &number, sizeof(number), MSG_WAITALL) != sizeof(number))
    throw std::runtime_error("the VM's user namespace failed");
  return static_cast<std::int64_t>(number);
}

// Makes the inner user namespace in a child and keeps its descriptor. Its root does not own the network.
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

// Gives the process's next user namespace to this user, who runs nothing on the host: what the kernel counts
// there is then counted for the VM's own user and not for the host's root.
void own_namespaces_by(std::int64_t uid) {
  __user_cap_header_struct version{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> capabilities{};
  if (::syscall(SYS_capget, &version, capabilities.data()) != 0 ||
      ::setresuid(static_cast<uid_t>(-1), static_cast<uid_t>(uid), static_cast<uid_t>(-1)) != 0)
    fail("the VM's user");
  for (auto& half : capabilities) half.effective = half.permitted;  // the change of uid took them
  if (::syscall(SYS_capset, &version, capabilities.data()) != 0) fail("the VM's user");
}

UniqueFd seccomp_file() {
  const auto program = make_seccomp_filter(FilterFor::browser);
  UniqueFd out(::memfd_create("seccomp", MFD_CLOEXEC));
  if (!out) fail("the seccomp filter");
  write_all(out.get(), {reinterpret_cast<const char*>(program.data()), program.size() * sizeof program[0]},
            "the seccomp filter");
  if (::lseek(out.get(), 0, SEEK_SET) != 0) fail("the seccomp filter");
  return out;
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
  for (auto& word : tree_arguments()) words.push_back(std::move(word));
  words.insert(words.end(), {"--cap-drop", "ALL"});
  if (!ordinary)
    for (const auto* capability : {"CAP_SETUID", "CAP_SETGID", "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER",
                                   "CAP_FSETID", "CAP_KILL"})
      words.insert(words.end(), {"--cap-add", capability});
  words.insert(words.end(),
               {"--", "/opt/wye/wye-vm", "--listen-fd", "5", "--spool-fd", "6", "--config-fd", "7"});
  return words;
}

// Makes the folder `node` beside the agent the working directory, while the host's user may still enter it
// (vm_tree binds it). Without Node a VM lacks the calls that need it.
// Returns whether it is there.
bool go_to_node(const std::string& agent_path) {
  const auto node = agent_path.substr(0, agent_path.rfind('/') + 1) + "node";
  return ::access((node + "/execute.mjs").c_str(), R_OK) == 0 && ::chdir(node.c_str()) == 0;
}

// Becomes bubblewrap. Never returns.
[[noreturn]] void become_vm(const LaunchSpec& spec, bool ordinary, int sync, int agent_fd, int info,
                            int alive) {
  try {
    refuse_core_handlers();
    const bool in_node = go_to_node(spec.agent_path);
    if (!ordinary) own_namespaces_by(spec.base_uid);
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) fail("user namespace");
    limit_kernel_counts();
    keep_ipv6_off_new_links();
    tell_network(sync);
    await(sync, "the launcher");  // maps are written, the cgroup is entered
    if (!ordinary && (::setgroups(0, nullptr) != 0 || ::setresgid(0, 0, 0) != 0 || ::setresuid(0, 0, 0) != 0))
      fail("uid");
    ::prctl(PR_SET_DUMPABLE,
            1);  // the change of uid took it; without it this process may not write its child's maps
    bring_loopback_up();
    run({"nft", "-f", "-"}, fence_rules(spec.host_addresses, spec.allow_host_loopback));
    make_tree(spec, agent_fd, ordinary, in_node);
    limit_vm_resources(static_cast<std::uint64_t>(spec.max_tasks));
    const auto userns = make_inner_namespace(ordinary);
    const auto seccomp = seccomp_file();
    await(sync, "slirp4netns");  // Chromium must not see its network change once it runs
    ::setsid();
    ::dup2(kLogFd, STDERR_FILENO);
    const UniqueFd null(::open("/dev/null", O_RDWR));
    ::dup2(null.get(), STDIN_FILENO);
    ::dup2(null.get(), STDOUT_FILENO);
    // bubblewrap passes on every descriptor that it inherits: only those for it or for the agent stay.
    ::syscall(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC);
    for (const int fd : {kListenFd, kSpoolFd, kConfigFd, userns.get(), seccomp.get(), info, alive})
      keep_open(fd);
    become(bubblewrap_arguments(ordinary, userns.get(), seccomp.get(), info));
    fail("bwrap");
  } catch (const std::exception& error) {
    const std::string text = std::string("!") + error.what();
    [[maybe_unused]] const auto wrote = ::write(info, text.data(), text.size());
    ::_exit(1);
  }
}

// Opens the two ends of the session's FIFO (launch_spec.h).
UniqueFd open_alive(int flags) {
  UniqueFd out(::open(("/proc/self/fd/" + std::to_string(kAliveFd)).c_str(), flags | O_CLOEXEC));
  if (!out) fail("the session's FIFO");
  return out;
}

void deliver(const LaunchAnswer& answer) { write_all(kAnswerFd, wire::to_text(answer), "the answer"); }

void put_into_cgroup(const std::string& cgroup, pid_t pid) {
  if (const auto entered = enter_cgroup(cgroup, pid); !entered)
    throw std::runtime_error(entered.error().message);
}

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
      slirp_ready.write.reset();  // or the early end of slirp4netns would not be noticed
      become_vm(spec, ordinary, theirs.get(), agent.get(), info.write.get(), alive_write.get());
    }
    theirs.reset();
    info.write.reset();
    answer.network = await_network_number(ours.get());
    write_maps(helper, ordinary ? "0 " + std::to_string(::getuid()) + " 1"
                                : "0 " + std::to_string(spec.base_uid) + " 65536");
    put_into_cgroup(answer.cgroup, helper);
    slirp = start_network_helper(network_place_of(helper), spec.allow_host_loopback, alive_read.get(),
                                 slirp_ready.write.get());
    alive_read.reset();
    alive_write.reset();
    slirp_ready.write.reset();
    tell(ours.get());  // the helper builds its tree and its fence while the network comes up
    await_network(slirp_ready.read.get());
    put_into_cgroup(answer.cgroup, slirp);
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
    deliver(answer);  // a VM that nobody can be told about must not live
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

// Starts a new network helper for a VM that runs.
void attach_network(const LaunchSpec& spec) {
  const auto pid = static_cast<pid_t>(spec.network_of_pid);
  const auto place = network_place_inside(pid);
  // Opens the namespaces first and checks then: they belong to the process that is meant.
  if (process_start_time(pid) != spec.network_of_start_time) throw std::runtime_error("the VM is no more");
  Pipe ready;
  auto alive = open_alive(O_RDONLY | O_NONBLOCK);
  const pid_t slirp = start_network_helper(place, spec.allow_host_loopback, alive.get(), ready.write.get());
  ready.write.reset();
  try {
    await_network(ready.read.get());
    put_into_cgroup(spec.cgroup, slirp);
    deliver({.network_helper_pid = slirp, .network_helper_start_time = process_start_time(slirp)});
  } catch (...) {
    ::kill(slirp, SIGKILL);
    ::waitpid(slirp, nullptr, 0);
    throw;
  }
}

// Changes the host's addresses in the fence of a VM that runs, in a child that enters its network.
void change_fence(const LaunchSpec& spec) {
  const auto pid = static_cast<pid_t>(spec.fence_of_pid);
  const auto place = network_place_inside(pid);
  // Opens the namespaces first and checks then: they belong to the process that is meant.
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

}  // namespace wye::host
