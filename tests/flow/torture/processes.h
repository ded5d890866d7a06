#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace wye::torture {

struct Process {
  pid_t pid = 0, parent = 0;
  bool dead = false;  ///< It has ended, and its parent has not noticed yet.
  std::string command;
};
/// Returns all processes of the jail.
[[nodiscard]] std::vector<Process> all_processes();

/// The processes of one session; 0 or empty where there is none.
struct VmProcesses {
  pid_t agent = 0;  ///< The VM's pid 1.
  pid_t outer = 0;
  pid_t chromium = 0;
  std::vector<Process> of_chromium;  ///< Its descendants.
  std::vector<pid_t> network_helpers;

  [[nodiscard]] std::vector<pid_t> of_type(const std::string& type) const;
};
/// `session_dir` is the path that the server uses.
[[nodiscard]] VmProcesses find_vm(const std::string& session_dir);

/// Returns launchers under way, which are children of the server.
[[nodiscard]] std::vector<pid_t> find_launchers(pid_t server);

/// Returns the relay processes that live.
[[nodiscard]] std::vector<pid_t> find_relays();

/// Returns the targets of a process's descriptors.
[[nodiscard]] std::vector<std::string> open_files(pid_t pid);
[[nodiscard]] int count_threads(pid_t pid);

}  // namespace wye::torture
