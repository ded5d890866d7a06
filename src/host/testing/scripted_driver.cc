#include "host/testing/scripted_driver.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <sstream>

#include "base/network_of.h"
#include "base/process_identity.h"
#include "base/try.h"
#include "net/socket_address.h"

namespace wye::host::testing {
namespace {

constexpr int kEndsWithinMs = 5000;
constexpr int kFirstFd = 3;  // of the agent's descriptors

// The record, which is also in the file `vm` of the session's directory: "PID START SOCKET".
struct Known {
  pid_t pid = 0;
  std::int64_t since = 0;
  std::string socket;
};
Known read_record(std::istream&& in) {
  Known out;
  in >> out.pid >> out.since >> out.socket;
  return out;
}
std::string file_of(const VmPlace& place) { return place.directory + "/vm"; }
Known find(const VmPlace& place) { return read_record(std::ifstream(file_of(place))); }

// Returns nothing when the process has ended: a dead child of this process may still wait to be reaped.
UniqueFd open_living(const Known& known) {
  auto process = known.pid > 0 ? open_pidfd(known.pid) : UniqueFd();
  if (!process || process_start_time(known.pid) != known.since || wait_dead(process.get(), 0)) return {};
  return process;
}

Error failed(const char* what) {
  return {.kind = ErrorKind::internal, .code = "internal_error", .message = what};
}

pid_t spawn(const std::vector<std::string>& script, const std::array<int, 2>& files) {
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  std::array<UniqueFd, 2> high;  // moved up: one of our descriptors may have a number that the agent needs
  for (std::size_t i = 0; i < files.size(); ++i) {
    high[i].reset(::fcntl(files[i], F_DUPFD_CLOEXEC, 64));
    ::posix_spawn_file_actions_adddup2(&actions, high[i].get(), kFirstFd + static_cast<int>(i));
  }
  std::string program = SCRIPTED_AGENT;
  std::vector<char*> argv{program.data()};
  for (const auto& word : script) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  std::array<char*, 1> environment{nullptr};
  pid_t pid = -1;
  if (::posix_spawn(&pid, program.c_str(), &actions, nullptr, argv.data(), environment.data()) != 0) pid = -1;
  ::posix_spawn_file_actions_destroy(&actions);
  return pid;
}

}  // namespace

void ScriptedDriver::set_script(Script script) {
  const std::lock_guard lock(mutex_);
  script_ = std::move(script);
}

void ScriptedDriver::fail_launches(bool fail) {
  const std::lock_guard lock(mutex_);
  fails_ = fail;
}

Result<Vm> ScriptedDriver::launch(const VmSpec& spec) {
  const std::lock_guard lock(mutex_);
  const auto socket = spec.place.directory + "/agent.sock";
  WYE_TRY(const auto listener, net::open_unix_listener(socket));
  const auto open = [&](const char* name) {
    return UniqueFd(::open((spec.place.directory + name).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  };
  const auto spool = open("/spool"), log = open("/agent.log");
  if (fails_ || !spool || !log) return failed("it fails by its script");
  const auto pid = spawn(script_, {listener.get(), spool.get()});
  if (pid < 0) return failed(SCRIPTED_AGENT " cannot be run");
  const auto record = std::to_string(pid) + " " + std::to_string(process_start_time(pid)) + " " + socket;
  std::ofstream(file_of(spec.place)) << record;
  return Vm{
      .record = record, .agent = net::Endpoint::unix_socket(socket, own_network()), .ended = open_pidfd(pid)};
}

Result<Vm> ScriptedDriver::adopt(const std::string& record) {
  const auto known = read_record(std::istringstream(record));
  auto process = open_living(known);
  if (!process)
    return Error{.kind = ErrorKind::not_found, .code = "not_found", .message = "the VM is no more"};
  return Vm{.record = record,
            .agent = net::Endpoint::unix_socket(known.socket, own_network()),
            .ended = std::move(process)};
}

bool ScriptedDriver::runs(const VmPlace& place) { return static_cast<bool>(open_living(find(place))); }

void ScriptedDriver::kill(const VmPlace& place) {
  const auto known = find(place);
  const auto process = open_living(known);
  if (!process) return;
  ::kill(known.pid, SIGKILL);
  wait_dead(process.get(), kEndsWithinMs);
}

Result<void> ScriptedDriver::destroy(const VmPlace& place, const std::string& /*record*/) {
  kill(place);
  if (const auto known = find(place); known.pid > 0) ::waitpid(known.pid, nullptr, WNOHANG);
  for (const auto* name : {"/vm", "/agent.sock"}) ::unlink((place.directory + name).c_str());
  return {};
}

}  // namespace wye::host::testing
