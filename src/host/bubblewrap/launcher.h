#pragma once

#include <sys/types.h>

#include <array>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "host/bubblewrap/launch_spec.h"
#include "wye/result.h"

namespace wye::host {

/// Runs the launcher process (vm_launcher.h) and waits for its answer. Calls block; thread-safe.
class Launcher {
 public:
  static constexpr int kWithinMs = 15'000;

  /// `command` runs `launch_vm_main()`.
  explicit Launcher(std::vector<std::string> command) : command_(std::move(command)) {}

  /// The launcher's descriptors beside its spec, in the order of launch_spec.h; −1 where it gets none.
  struct Files {
    int answer = -1, listen = -1, spool = -1, config = -1, log = -1, alive = -1;
  };
  Result<LaunchAnswer> run(const LaunchSpec& spec, const Files& files) const;

 private:
  /// Starts the launcher with these descriptors, from `kSpecFd` on.
  Result<pid_t> spawn(const std::array<int, 7>& wanted) const;

  const std::vector<std::string> command_;
};

/// Makes a file in memory that is read from its start; none when there is no memory.
[[nodiscard]] UniqueFd memory_file(const char* name, const std::string& text);
[[nodiscard]] std::string read_from_start(int fd);
/// The error that says why a VM cannot be started.
[[nodiscard]] Error launch_failure(const std::string& what);
/// The same error with the text of `errno`.
[[nodiscard]] Error launch_failure_errno(const std::string& what);

}  // namespace wye::host
