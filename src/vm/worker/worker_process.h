#pragma once

#include <sys/types.h>

#include <string>

#include "base/unique_fd.h"
#include "wye/result.h"

namespace wye::vm {

/// Where workers come from and what they run as.
struct WorkerOptions {
  std::string confine = "/opt/wye/wye-vm";  ///< The program that confines them.
  std::string node = "/opt/wye/node";       ///< What src/vm/node/install_node has made.
  std::string home = "/home/kernel";
  std::int64_t uid = -1, gid = -1;  ///< −1: the caller's own.
};

/// A started worker: its pid, a pidfd that is readable once it is dead, our ends of its pipes.
struct WorkerProcess {
  pid_t pid = -1;
  UniqueFd pidfd;
  UniqueFd commands, answers, out, err;
};

/// Returns whether Node is there; `unsupported` (501) with the next step when it is not.
[[nodiscard]] Result<void> check_node(const WorkerOptions& options);

/// Starts Node with one of the programs of `options.node`, such as `execute.mjs`, confined (confine.h). Its
/// environment holds nothing of the agent's.
[[nodiscard]] Result<WorkerProcess> start_worker(const WorkerOptions& options, const std::string& program);

}  // namespace wye::vm
