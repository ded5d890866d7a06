#include "probe_vm.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "base/process_identity.h"
#include "base/try.h"

namespace wye::host {

namespace {

std::string probe_agent() {
  return (std::filesystem::path(std::getenv("WYE_BIN")).parent_path() / "../tests/probe_agent").string();
}

}  // namespace

ProbeVm::ProbeVm() : driver_({std::getenv("WYE_BIN"), "internal", "launch-vm"}) {}

void ProbeVm::SetUp() {
  if (::geteuid() != 0) GTEST_SKIP() << "the isolation's full form needs root";
  directory_ = "/tmp/wye-vm-XXXXXX";
  ASSERT_NE(::mkdtemp(directory_.data()), nullptr);
}

void ProbeVm::TearDown() {
  if (record_.pid != 0) {
    EXPECT_TRUE(destroy(record_));
  }
  std::error_code ignored;
  if (!directory_.empty()) std::filesystem::remove_all(directory_, ignored);
}

Result<void> ProbeVm::destroy(const VmRecord& record) {
  return driver_.destroy({record.session_id, record.session_dir}, wire::to_text(record));
}
Result<UniqueFd> ProbeVm::network(const VmRecord& record) { return driver_.network(wire::to_text(record)); }
Result<VmRecord> ProbeVm::restart_network(const VmRecord& record) {
  WYE_TRY(const auto text, driver_.restart_network(wire::to_text(record)));
  return wire::from_text<VmRecord>(text);
}

void ProbeVm::launch(bool allow_host_loopback) {
  const auto id = std::filesystem::path(directory_).filename().string();
  const auto made = driver_in_use_->launch({.place = {id, directory_},
                                            .agent_path = probe_agent(),
                                            .agent = {.session_id = id},
                                            .memory_bytes = memory_bytes_,
                                            .max_tasks = max_tasks_,
                                            .allow_host_loopback = allow_host_loopback});
  ASSERT_TRUE(made) << made.error().message;
  record_ = wire::from_text<VmRecord>(made->record).value();
}

ProbeVm::Outcome ProbeVm::run(char user, const std::string& command) {
  const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, record_.agent_socket.c_str(), sizeof address.sun_path - 1);
  const timeval patience{.tv_sec = 30, .tv_usec = 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return {};
  const auto text = user + command;
  ::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL);
  ::shutdown(socket.get(), SHUT_WR);
  std::string answer;
  char piece[4096];
  for (ssize_t got; (got = ::recv(socket.get(), piece, sizeof piece, 0)) > 0;)
    answer.append(piece, static_cast<std::size_t>(got));
  const auto line = answer.find('\n');
  if (line == std::string::npos) return {};
  return {std::atoi(answer.c_str()), answer.substr(line + 1)};
}

std::size_t ProbeVm::processes_of_vm() const {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const auto name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    std::ifstream stat(entry.path() / "stat");
    std::string line;
    std::getline(stat, line);
    const bool dead =
        line.find(") Z ") != std::string::npos;  // it has ended, and its parent has not noticed yet
    const auto uid = dead ? -1 : process_uid(static_cast<pid_t>(std::stol(name)));
    if (uid >= record_.host_uid && uid < record_.host_uid + 65536) ++count;
  }
  return count;
}

}  // namespace wye::host
