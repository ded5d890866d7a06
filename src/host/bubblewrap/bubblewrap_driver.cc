#include "host/bubblewrap/bubblewrap_driver.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "base/process_identity.h"
#include "base/try.h"
#include "host/bubblewrap/cgroup.h"
#include "host/bubblewrap/launch_spec.h"
#include "host/bubblewrap/launcher.h"
#include "host/bubblewrap/session_processes.h"
#include "host/bubblewrap/uid_range.h"

namespace wye::host {
namespace {

constexpr int kDestroyWithinMs = 5'000;
constexpr int kHelperEndsWithinMs = 1'000;
constexpr std::int64_t kBrowserUid = 1000;  // inside a VM that has uids of its own
constexpr std::int64_t kHomeBytes = 1LL << 30;
constexpr int kBacklog =
    4096;  // beyond this, clients of a burst get 503; the kernel lowers it to its own limit
constexpr auto kLookAgain = std::chrono::milliseconds(10);
const char* const kAnswerFile = "vm.json";
const char* const kAliveFifo = "alive";
const char* const kNetworkHelper = "slirp4netns";

// Binds a socket below the session's directory. The directory's path may be too long for a socket's address,
// so the bind goes by the directory's descriptor.
Result<UniqueFd> listen_in(const std::string& session_dir) {
  const UniqueFd directory(::open(session_dir.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!directory || !socket) return launch_failure_errno(session_dir);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const auto path = "/proc/self/fd/" + std::to_string(directory.get()) + "/agent.sock";
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  ::unlink(path.c_str());
  if (::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(socket.get(), kBacklog) != 0)
    return launch_failure_errno("agent.sock");
  return socket;
}

// Opens both ends, so that the other side's open does not wait.
UniqueFd open_fifo(const std::string& path) {
  return UniqueFd(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
}

Error not_there(const char* what) {
  return {.kind = ErrorKind::not_found, .code = "not_found", .message = what};
}

std::string config_text(wire::AgentConfig agent) {
  if (::geteuid() == 0) agent.chromium_uid = agent.chromium_gid = kBrowserUid;
  return wire::agent_config_text(agent);
}

// Finds a helper that is not on record because its server died before it could put it there.
pid_t find_network_helper(const std::string& session_dir) {
  for (const auto pid : processes_of_session(session_dir))
    if (process_name(pid) == kNetworkHelper) return pid;
  return 0;
}

}  // namespace

BubblewrapDriver::BubblewrapDriver(std::vector<std::string> launcher,
                                   std::function<void(const std::string&)> warn)
    : launcher_(std::move(launcher)),
      host_addresses_(
          [this](const VmRecord& vm, const std::vector<std::string>& addresses) {
            return change_fence(vm, addresses);
          },
          std::move(warn)) {}

Vm BubblewrapDriver::vm_of(const VmRecord& record, UniqueFd process) {
  return {
      .record = wire::to_text(record),
      .agent = net::Endpoint::unix_socket(record.agent_socket, static_cast<std::uint64_t>(record.network)),
      .ended = std::move(process)};
}

Result<Vm> BubblewrapDriver::launch(const VmSpec& spec) {
  const auto record = launch_into(spec);
  auto process = record ? open_vm(*record) : Result<UniqueFd>(record.error());
  if (process) return vm_of(*record, std::move(*process));
  (void)destroy(spec.place, "");
  return process.error();
}

Result<VmRecord> BubblewrapDriver::launch_into(const VmSpec& spec) {
  const bool root = ::geteuid() == 0;
  const auto& directory = spec.place.directory;
  WYE_TRY(auto listener, listen_in(directory));
  const auto path_of = [&](const char* name) { return directory + "/" + name; };
  const auto in_dir = [&](const char* name, int flags) {
    return UniqueFd(::open(path_of(name).c_str(), flags | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  };
  const auto spool = in_dir("spool", O_RDWR), log = in_dir("agent.log", O_WRONLY | O_APPEND);
  const auto answer_file = in_dir(kAnswerFile, O_RDWR | O_TRUNC);
  const auto config = memory_file("config", config_text(spec.agent));
  ::mkfifo(path_of(kAliveFifo).c_str(), 0600);
  const auto alive = open_fifo(path_of(kAliveFifo));
  // The launcher inherits the lock and keeps it when this server dies.
  if (!spool || !log || !config || !alive || !answer_file || ::flock(answer_file.get(), LOCK_EX) != 0)
    return launch_failure_errno(directory);
  VmRecord record{.session_id = spec.place.session_id,
                  .session_dir = directory,
                  .agent_socket = directory + "/agent.sock",
                  .allow_host_loopback = spec.allow_host_loopback};
  if (root) {
    WYE_TRY(record.host_uid, take_uid_range(directory));
  } else {
    record.host_uid = static_cast<std::int64_t>(::geteuid());
  }
  const LaunchSpec launch{.session_id = spec.place.session_id,
                          .agent_path = spec.agent_path,
                          .base_uid = root ? record.host_uid : 0,
                          .memory_bytes = static_cast<std::int64_t>(spec.memory_bytes),
                          .max_tasks = static_cast<std::int64_t>(spec.max_tasks),
                          .home_bytes = kHomeBytes,
                          .allow_host_loopback = spec.allow_host_loopback,
                          .host_addresses = host_addresses_.now()};
  WYE_TRY(const auto answer, launcher_.run(launch, {.answer = answer_file.get(),
                                                    .listen = listener.get(),
                                                    .spool = spool.get(),
                                                    .config = config.get(),
                                                    .log = log.get(),
                                                    .alive = alive.get()}));
  record.pid = answer.pid;
  record.pid_start_time = answer.pid_start_time;
  record.network_helper_pid = answer.network_helper_pid;
  record.network_helper_start_time = answer.network_helper_start_time;
  record.network = answer.network;
  record.cgroup = answer.cgroup;
  host_addresses_.keep(record, launch.host_addresses);
  return record;
}

// Finds what a launch has left whose record was lost: its server died before it kept the record, or the
// launch was broken off.
VmRecord BubblewrapDriver::find(const VmPlace& place) {
  VmRecord record{.session_id = place.session_id,
                  .session_dir = place.directory,
                  .agent_socket = place.directory + "/agent.sock",
                  .cgroup = "wye/" + place.session_id};
  record.host_uid = uid_range_of(place.directory);
  const UniqueFd file(
      ::open((place.directory + "/" + kAnswerFile).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file) return record;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(Launcher::kWithinMs);
  while (::flock(file.get(), LOCK_EX | LOCK_NB) != 0 && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(kLookAgain);
  if (const auto answer = wire::from_text<LaunchAnswer>(read_from_start(file.get()));
      answer && answer->pid > 0) {
    record.pid = answer->pid;
    record.pid_start_time = answer->pid_start_time;
    record.host_uid = answer->host_uid;
    record.network_helper_pid = answer->network_helper_pid;
    record.network_helper_start_time = answer->network_helper_start_time;
  }
  return record;
}

Result<UniqueFd> BubblewrapDriver::network_helper(const VmRecord& record) {
  const auto pid = static_cast<pid_t>(record.network_helper_pid);
  auto process = pid > 0 ? open_pidfd(pid) : UniqueFd();
  const auto since = record.network_helper_start_time;
  const bool is_it =
      process && process_name(pid) == kNetworkHelper && (since == 0 || process_start_time(pid) == since);
  if (!is_it || wait_dead(process.get(), 0))  // a dead one may still wait for its parent
    return not_there("the network helper is no more");
  return process;
}

Result<UniqueFd> BubblewrapDriver::network(const std::string& record) {
  WYE_TRY(const auto vm, wire::from_text<VmRecord>(record));
  return network_helper(vm);
}

Result<std::string> BubblewrapDriver::restart_network(const std::string& record) {
  WYE_TRY(const auto vm, wire::from_text<VmRecord>(record));
  WYE_TRY(const auto restarted, restart_helper(vm));
  return wire::to_text(restarted);
}

// Takes over a helper that an earlier server started and could not keep on record.
Result<VmRecord> BubblewrapDriver::restart_helper(const VmRecord& record) {
  auto next = record;
  if (const auto pid = find_network_helper(record.session_dir); pid != 0) {
    next.network_helper_pid = pid;
    next.network_helper_start_time = process_start_time(pid);
    return next;
  }
  const auto alive = open_fifo(record.session_dir + "/" + kAliveFifo);
  const auto answer_file = memory_file("answer", "");
  if (!alive || !answer_file) return launch_failure_errno(record.session_dir);
  WYE_TRY(const auto answer, launcher_.run({.session_id = record.session_id,
                                            .allow_host_loopback = record.allow_host_loopback,
                                            .network_of_pid = record.pid,
                                            .network_of_start_time = record.pid_start_time,
                                            .cgroup = record.cgroup},
                                           {.answer = answer_file.get(), .alive = alive.get()}));
  next.network_helper_pid = answer.network_helper_pid;
  next.network_helper_start_time = answer.network_helper_start_time;
  return next;
}

bool BubblewrapDriver::runs(const VmPlace& place) { return !processes_of_session(place.directory).empty(); }

Result<void> BubblewrapDriver::change_fence(const VmRecord& record,
                                            const std::vector<std::string>& addresses) {
  WYE_TRY(const auto process, open_vm(record));
  const auto answer_file = memory_file("answer", "");
  if (!answer_file) return launch_failure_errno("memfd");
  const auto changed = launcher_.run({.session_id = record.session_id,
                                      .host_addresses = addresses,
                                      .fence_of_pid = record.pid,
                                      .fence_of_start_time = record.pid_start_time},
                                     {.answer = answer_file.get()});
  if (changed) return {};
  if (wait_dead(process.get(), 0)) return not_there("the VM is no more");
  return changed.error();
}

Result<Vm> BubblewrapDriver::adopt(const std::string& record) {
  WYE_TRY(const auto vm, wire::from_text<VmRecord>(record));
  WYE_TRY(auto process, open_vm(vm));
  host_addresses_.keep(vm);
  return vm_of(vm, std::move(process));
}

Result<UniqueFd> BubblewrapDriver::open_vm(const VmRecord& record) {
  auto process = open_pidfd(static_cast<pid_t>(record.pid));
  // Opens the descriptor first and checks then: the checks are then true of the process that it refers to.
  if (!process || process_start_time(static_cast<pid_t>(record.pid)) != record.pid_start_time)
    return not_there("the VM is no more");
  const auto uid = process_uid(static_cast<pid_t>(record.pid));
  if (uid != record.host_uid && uid != record.host_uid + kBrowserUid) return not_there("the VM is no more");
  return process;
}

Result<void> BubblewrapDriver::destroy(const VmPlace& place, const std::string& record) {
  const auto known = wire::from_text<VmRecord>(record);
  return destroy_vm(known ? *known : find(place));
}

Result<void> BubblewrapDriver::destroy_vm(const VmRecord& record) {
  host_addresses_.forget(record.session_id);
  if (const auto process = open_vm(record)) {
    ::syscall(SYS_pidfd_send_signal, process->get(), SIGKILL, nullptr, 0);
    // The first process of a pid namespace is dead only after all others in it were reaped.
    if (!wait_dead(process->get(), kDestroyWithinMs))
      return Error{
          .kind = ErrorKind::timed_out, .code = "internal_error", .message = "the VM's processes do not end"};
  }
  if (const auto helper = network_helper(record); helper && !wait_dead(helper->get(), kHelperEndsWithinMs)) {
    ::syscall(SYS_pidfd_send_signal, helper->get(), SIGKILL, nullptr, 0);
    wait_dead(helper->get(), kHelperEndsWithinMs);
  }
  // After a launch that was broken off, nobody knows how far it came.
  const bool known = record.pid != 0 && !record.cgroup.empty();
  if (!known && !end_processes_of_session(record.session_dir, kDestroyWithinMs))
    return Error{
        .kind = ErrorKind::timed_out, .code = "internal_error", .message = "the VM's processes do not end"};
  if (!remove_cgroup(record.cgroup, kDestroyWithinMs))
    return Error{
        .kind = ErrorKind::timed_out, .code = "internal_error", .message = "the VM's cgroup does not empty"};
  for (const auto& name : {std::string("agent.sock"), std::string(kAliveFifo), std::string(kAnswerFile)})
    ::unlink((record.session_dir + "/" + name).c_str());
  if (::geteuid() == 0) give_back_uid_range(record.host_uid, record.session_dir);
  return {};
}

}  // namespace wye::host
