#include "host/bubblewrap/cgroup.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"

namespace wye::host {
namespace {

namespace fs = std::filesystem;

const fs::path kRoot = "/sys/fs/cgroup";

bool write(const fs::path& path, const std::string& text) {
  const UniqueFd out(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  return out && ::write(out.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

bool has_v2() {
  std::ifstream in(kRoot / "cgroup.controllers");
  std::string controllers;
  return std::getline(in, controllers) && controllers.find("memory") != std::string::npos &&
         controllers.find("pids") != std::string::npos;
}

std::vector<fs::path> hierarchies() {
  if (has_v2()) return {kRoot};
  std::vector<fs::path> out;
  for (const auto* controller : {"memory", "pids", "cpu"})
    if (fs::exists(kRoot / controller / "tasks")) out.push_back(kRoot / controller);
  return out;
}

void kill_and_wait(const fs::path& group, std::chrono::steady_clock::time_point deadline) {
  std::ifstream in(group / "cgroup.procs");
  for (pid_t pid; in >> pid;) {
    const UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    ::kill(pid, SIGKILL);
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now())
            .count();
    pollfd ready{process.get(), POLLIN, 0};
    if (process) ::poll(&ready, 1, static_cast<int>(std::max<long>(0, left)));
  }
}

}  // namespace

std::string make_cgroup(const std::string& id, std::uint64_t memory_bytes, std::uint64_t max_tasks) {
  const auto roots = hierarchies();
  if (roots.empty()) return {};
  std::string name = "wye/" + id;
  std::error_code error;
  for (const auto& root : roots) {
    fs::create_directories(root / name, error);
    if (error) {
      remove_cgroup(name, 0);
      return {};
    }
  }
  if (has_v2()) {
    write(kRoot / "cgroup.subtree_control", "+memory +pids +cpu");
    write(kRoot / "wye" / "cgroup.subtree_control", "+memory +pids +cpu");
    if (memory_bytes > 0) write(kRoot / name / "memory.max", std::to_string(memory_bytes));
    write(kRoot / name / "pids.max", std::to_string(max_tasks));
    return name;
  }
  if (memory_bytes > 0)
    write(kRoot / "memory" / name / "memory.limit_in_bytes", std::to_string(memory_bytes));
  write(kRoot / "pids" / name / "pids.max", std::to_string(max_tasks));
  return name;
}

Result<void> enter_cgroup(const std::string& name, pid_t pid) {
  if (name.empty()) return {};
  for (const auto& root : hierarchies())
    if (!write(root / name / "cgroup.procs", std::to_string(pid)))
      return Error{.kind = ErrorKind::internal,
                   .code = "internal_error",
                   .message = "the VM cannot be put into its cgroup"};
  return {};
}

bool remove_cgroup(const std::string& name, int wait_ms) {
  if (name.empty() || !name.starts_with("wye/") || name.find("..") != std::string::npos) return true;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(wait_ms);
  bool gone = true;
  for (const auto& root : hierarchies()) {
    const auto group = root / name;
    while (::rmdir(group.c_str()) != 0 && errno == EBUSY && std::chrono::steady_clock::now() < deadline)
      kill_and_wait(group, deadline);
    gone = gone && !fs::exists(group);
  }
  return gone;
}

bool cgroups_usable() {
  const auto roots = hierarchies();
  return !roots.empty() && ::access(roots.front().c_str(), W_OK) == 0;
}

}  // namespace wye::host
