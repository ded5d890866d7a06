#include "metro/drivers/bubblewrap_driver.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "base/try.h"
#include "metro/drivers/cgroup.h"
#include "metro/drivers/launch_spec.h"
#include "metro/drivers/process_identity.h"
#include "metro/drivers/uid_range.h"

namespace wye::metro {
namespace {

constexpr int kLaunchWithinMs = 15'000;
constexpr int kDestroyWithinMs = 5'000;
constexpr int kHelperEndsWithinMs = 1'000;
constexpr std::int64_t kHomeBytes = 1LL << 30;
constexpr int kBacklog = 4096;  // beyond it a burst of clients is told 503; the kernel takes less where it must
constexpr auto kLookAgain = std::chrono::milliseconds(10);
const char* const kAnswerFile = "vm.json";

Error failed(const std::string& what) {
  return {
      .kind = ErrorKind::internal, .code = "internal_error", .message = "the VM cannot be started: " + what};
}
Error failed_errno(const std::string& what) { return failed(what + ": " + std::strerror(errno)); }

// Binds below the session's directory, whose path may be longer than a socket's address may be: by the
// directory's descriptor.
Result<UniqueFd> listen_in(const std::string& session_dir) {
  const UniqueFd directory(::open(session_dir.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!directory || !socket) return failed_errno(session_dir);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const auto path = "/proc/self/fd/" + std::to_string(directory.get()) + "/agent.sock";
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  ::unlink(path.c_str());
  if (::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(socket.get(), kBacklog) != 0)
    return failed_errno("agent.sock");
  return socket;
}

UniqueFd memory_file(const char* name, const std::string& text) {
  UniqueFd out(::memfd_create(name, MFD_CLOEXEC));
  if (out && (::write(out.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
              ::lseek(out.get(), 0, SEEK_SET) != 0))
    out.reset();
  return out;
}

std::string read_from_start(int fd) {
  std::string text;
  std::array<char, 4096> piece;
  for (ssize_t got; (got = ::pread(fd, piece.data(), piece.size(), static_cast<off_t>(text.size()))) > 0;)
    text.append(piece.data(), static_cast<std::size_t>(got));
  return text;
}

void end_network_helper(std::int64_t pid) {
  if (pid <= 0) return;
  const auto helper = open_pidfd(static_cast<pid_t>(pid));
  if (!helper) return;
  std::array<char, 32> name{};
  const UniqueFd comm(::open(("/proc/" + std::to_string(pid) + "/comm").c_str(), O_RDONLY | O_CLOEXEC));
  if (!comm || ::read(comm.get(), name.data(), name.size() - 1) <= 0 ||
      std::strncmp(name.data(), "slirp4netns", 11) != 0)
    return;
  if (!wait_dead(helper.get(), kHelperEndsWithinMs)) {
    ::syscall(SYS_pidfd_send_signal, helper.get(), SIGKILL, nullptr, 0);
    wait_dead(helper.get(), kHelperEndsWithinMs);
  }
}

}  // namespace

Result<std::string> BubblewrapDriver::run_launcher(const std::string& spec, int listen_fd, int spool_fd,
                                                   int config_fd, int log_fd, int answer_fd) {
  const auto spec_file = memory_file("spec", spec);
  if (!spec_file) return failed_errno("memfd");
  // First high, then into place: a descriptor of ours may already have one of the launcher's numbers.
  const std::array<int, 6> wanted{spec_file.get(), answer_fd, listen_fd, spool_fd, config_fd, log_fd};
  std::array<UniqueFd, 6> high;
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    high[i].reset(::fcntl(wanted[i], F_DUPFD_CLOEXEC, 64));
    ::posix_spawn_file_actions_adddup2(&actions, high[i].get(), kSpecFd + static_cast<int>(i));
  }
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  sigset_t none;
  ::sigemptyset(&none);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID);
  std::vector<char*> argv;
  for (const auto& word : launcher_) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  // Only what its tools need: no key of ours goes near a VM.
  std::array<char*, 2> environment{
      const_cast<char*>("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"), nullptr};
  pid_t pid = -1;
  const int error = ::posix_spawn(&pid, argv[0], &actions, &attributes, argv.data(), environment.data());
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  if (error != 0) return failed(launcher_[0] + ": " + std::strerror(error));
  for (auto& fd : high) fd.reset();
  const auto process = open_pidfd(pid);
  if (!process || !wait_dead(process.get(), kLaunchWithinMs)) ::kill(-pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
  return read_from_start(answer_fd);
}

Result<VmRecord> BubblewrapDriver::launch(const VmSpec& spec) {
  const bool root = ::geteuid() == 0;
  WYE_TRY(auto listener, listen_in(spec.session_dir));
  const auto in_dir = [&](const char* name, int flags) {
    return UniqueFd(
        ::open((spec.session_dir + "/" + name).c_str(), flags | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  };
  const auto spool = in_dir("spool", O_RDWR), log = in_dir("agent.log", O_WRONLY | O_APPEND);
  const auto answer_file = in_dir(kAnswerFile, O_RDWR | O_TRUNC);
  const auto config = memory_file("config", spec.agent_config);
  // The launcher inherits the lock, and holds it also when this server dies.
  if (!spool || !log || !config || !answer_file || ::flock(answer_file.get(), LOCK_EX) != 0)
    return failed_errno(spec.session_dir);
  VmRecord record{.session_id = spec.session_id,
                  .session_dir = spec.session_dir,
                  .agent_socket = spec.session_dir + "/agent.sock"};
  if (root) {
    WYE_TRY(record.host_uid, take_uid_range(spec.session_dir));
  } else {
    record.host_uid = static_cast<std::int64_t>(::geteuid());
  }
  const LaunchSpec launch{.session_id = spec.session_id,
                          .agent_path = spec.agent_path,
                          .base_uid = root ? record.host_uid : 0,
                          .memory_bytes = static_cast<std::int64_t>(spec.memory_bytes),
                          .max_tasks = static_cast<std::int64_t>(spec.max_tasks),
                          .home_bytes = kHomeBytes,
                          .allow_host_loopback = spec.allow_host_loopback};
  auto text = run_launcher(wire::to_text(launch), listener.get(), spool.get(), config.get(), log.get(),
                           answer_file.get());
  auto answer = text ? wire::from_text<LaunchAnswer>(*text) : Result<LaunchAnswer>(text.error());
  if (!answer || !answer->error.empty()) {
    if (root) give_back_uid_range(record.host_uid);
    return failed(answer ? answer->error : text ? "the launcher did not answer" : text.error().message);
  }
  record.pid = answer->pid;
  record.pid_start_time = answer->pid_start_time;
  record.network_helper_pid = answer->network_helper_pid;
  record.cgroup = answer->cgroup;
  return record;
}

VmRecord BubblewrapDriver::find(const std::string& session_id, const std::string& session_dir) {
  VmRecord record{.session_id = session_id,
                  .session_dir = session_dir,
                  .agent_socket = session_dir + "/agent.sock",
                  .cgroup = "wye/" + session_id};
  const UniqueFd file(::open((session_dir + "/" + kAnswerFile).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file) return record;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(kLaunchWithinMs);
  while (::flock(file.get(), LOCK_EX | LOCK_NB) != 0 && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(kLookAgain);
  if (const auto answer = wire::from_text<LaunchAnswer>(read_from_start(file.get()));
      answer && answer->pid > 0) {
    record.pid = answer->pid;
    record.pid_start_time = answer->pid_start_time;
    record.host_uid = answer->host_uid;
    record.network_helper_pid = answer->network_helper_pid;
  }
  return record;
}

Result<UniqueFd> BubblewrapDriver::adopt(const VmRecord& record) {
  const auto gone = [] {
    return Error{.kind = ErrorKind::not_found, .code = "not_found", .message = "the VM is no more"};
  };
  auto process = open_pidfd(static_cast<pid_t>(record.pid));
  // The descriptor first, then the checks: what they say is then true of the process behind it.
  if (!process || process_start_time(static_cast<pid_t>(record.pid)) != record.pid_start_time) return gone();
  const auto uid = process_uid(static_cast<pid_t>(record.pid));
  if (uid != record.host_uid && uid != record.host_uid + 1000) return gone();
  return process;
}

Result<void> BubblewrapDriver::destroy(const VmRecord& record) {
  if (const auto process = adopt(record)) {
    ::syscall(SYS_pidfd_send_signal, process->get(), SIGKILL, nullptr, 0);
    // Pid 1 of a pid namespace is dead only after every process in it was reaped.
    if (!wait_dead(process->get(), kDestroyWithinMs))
      return Error{
          .kind = ErrorKind::timed_out, .code = "internal_error", .message = "the VM's processes do not end"};
  }
  end_network_helper(record.network_helper_pid);
  if (!remove_cgroup(record.cgroup, kDestroyWithinMs))
    return Error{
        .kind = ErrorKind::timed_out, .code = "internal_error", .message = "the VM's cgroup does not empty"};
  ::unlink(record.agent_socket.c_str());
  if (::geteuid() == 0) give_back_uid_range(record.host_uid);
  ::unlink((record.session_dir + "/" + kAnswerFile).c_str());
  return {};
}

}  // namespace wye::metro
