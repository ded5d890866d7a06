#include "processes.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

namespace wye::torture {
namespace {

namespace fs = std::filesystem;

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string proc(pid_t pid, const char* file) { return "/proc/" + std::to_string(pid) + "/" + file; }

bool is_first_of_its_namespace(pid_t pid) {
  const auto status = read_file(proc(pid, "status"));
  const auto at = status.find("NSpid:");
  if (at == std::string::npos) return false;
  return status.substr(at, status.find('\n', at) - at).ends_with("\t1");
}

bool holds(pid_t pid, const std::string& directory) {
  const auto files = open_files(pid);
  return std::any_of(files.begin(), files.end(),
                     [&](const std::string& file) { return file.starts_with(directory + "/"); });
}

}  // namespace

std::vector<Process> all_processes() {
  std::vector<Process> out;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/proc", ignored)) {
    const auto name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    Process process{.pid = static_cast<pid_t>(std::stol(name))};
    const auto stat = read_file(entry.path() / "stat");
    const auto end = stat.rfind(')');
    if (end == std::string::npos) continue;
    std::istringstream rest(stat.substr(end + 1));
    char state = 0;
    rest >> state >> process.parent;
    process.dead = state == 'Z' || state == 'X';
    process.command = read_file(entry.path() / "cmdline");
    std::replace(process.command.begin(), process.command.end(), '\0', ' ');
    if (process.command.empty()) process.command = stat.substr(0, end + 1);
    out.push_back(std::move(process));
  }
  return out;
}

std::vector<pid_t> VmProcesses::of_type(const std::string& type) const {
  std::vector<pid_t> out;
  for (const auto& process : of_chromium)
    if (process.command.find("--type=" + type) != std::string::npos) out.push_back(process.pid);
  std::sort(out.begin(), out.end());
  return out;
}

VmProcesses find_vm(const std::string& session_dir) {
  VmProcesses out;
  const auto all = all_processes();
  for (const auto& process : all) {
    if (process.command.find("slirp4netns") != std::string::npos && holds(process.pid, session_dir))
      out.network_helpers.push_back(process.pid);
    if (process.command.find("wye-vm") == std::string::npos || process.dead) continue;
    std::error_code ignored;
    const auto log = fs::read_symlink(proc(process.pid, "fd/2"), ignored).string();
    if (!log.starts_with(session_dir + "/")) continue;
    if (is_first_of_its_namespace(process.pid)) out.agent = process.pid;
  }
  if (out.agent == 0) return out;
  std::map<pid_t, const Process*> by_pid;
  for (const auto& process : all) by_pid[process.pid] = &process;
  const auto parent_of = [&](pid_t pid) { return by_pid.count(pid) != 0 ? by_pid[pid]->parent : 0; };
  if (const auto outer = by_pid.find(parent_of(out.agent));
      outer != by_pid.end() && outer->second->command.starts_with("bwrap"))
    out.outer = outer->first;
  for (const auto& process : all)
    if (process.parent == out.agent && process.command.find("--remote-debugging-pipe") != std::string::npos)
      out.chromium = process.pid;
  for (const auto& process : all)
    for (pid_t at = process.parent; out.chromium != 0 && at > 1; at = parent_of(at))
      if (at == out.chromium) {
        out.of_chromium.push_back(process);
        break;
      }
  return out;
}

std::vector<pid_t> find_launchers(pid_t server) {
  std::vector<pid_t> out;
  for (const auto& process : all_processes())
    if (process.parent == server && !process.dead && process.command.find("launch-vm") != std::string::npos)
      out.push_back(process.pid);
  return out;
}

std::vector<pid_t> find_relays() {
  std::vector<pid_t> out;
  for (const auto& process : all_processes())
    if (!process.dead && process.command.find("wye-relay --listen-fd") != std::string::npos)
      out.push_back(process.pid);
  return out;
}

std::vector<std::string> open_files(pid_t pid) {
  std::vector<std::string> out;
  std::error_code error;
  for (fs::directory_iterator at(proc(pid, "fd"), error), end; !error && at != end; at.increment(error)) {
    std::error_code ignored;
    out.push_back(fs::read_symlink(at->path(), ignored).string());
  }
  return out;
}

int count_threads(pid_t pid) {
  const auto status = read_file(proc(pid, "status"));
  const auto at = status.find("Threads:");
  return at == std::string::npos ? 0 : std::atoi(status.c_str() + at + 8);
}

}  // namespace wye::torture
