#include "host/bubblewrap/session_processes.h"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include "base/process_identity.h"

namespace wye::host {
namespace {

namespace fs = std::filesystem;

std::string link_of(const fs::path& path) {
  std::error_code ignored;
  return fs::read_symlink(path, ignored).string();
}

std::string first_line(const fs::path& path) {
  std::ifstream in(path);
  std::string text;
  std::getline(in, text);
  return text;
}

bool holds_file_below(const fs::path& process, const std::string& directory) {
  std::error_code error;
  for (fs::directory_iterator at(process / "fd", error), end; !error && at != end; at.increment(error))
    if (link_of(at->path()).starts_with(directory + "/")) return true;
  return false;
}

// Whether a process is in namespaces other than ours, or is, by its name, one of the two of a VM that are
// not.
bool is_of_a_vm(const fs::path& process) {
  if (link_of(process / "ns/user") != link_of("/proc/self/ns/user")) return true;
  return first_line(process / "comm") == "slirp4netns" ||
         first_line(process / "cmdline").find("launch-vm") != std::string::npos;
}

}  // namespace

std::vector<pid_t> processes_of_session(const std::string& session_dir) {
  std::vector<pid_t> out;
  std::error_code error;
  for (fs::directory_iterator at("/proc", error), end; !error && at != end; at.increment(error)) {
    const auto name = at->path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const auto pid = static_cast<pid_t>(std::stol(name));
    if (pid != ::getpid() && is_of_a_vm(at->path()) && holds_file_below(at->path(), session_dir))
      out.push_back(pid);
  }
  return out;
}

bool end_processes_of_session(const std::string& session_dir, int wait_ms) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(wait_ms);
  for (auto left = processes_of_session(session_dir); !left.empty();
       left = processes_of_session(session_dir)) {
    for (const auto pid : left) {
      const auto process = open_pidfd(pid);
      if (!process) continue;
      ::syscall(SYS_pidfd_send_signal, process.get(), SIGKILL, nullptr, 0);
      const auto time =
          std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
      if (!wait_dead(process.get(), static_cast<int>(std::max<long>(0, time.count())))) return false;
    }
  }
  return true;
}

}  // namespace wye::host
