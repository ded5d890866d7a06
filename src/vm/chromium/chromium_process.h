#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "wye/result.h"

namespace wye::vm {

struct ChromiumOptions {
  std::string path = "/usr/bin/chromium";
  std::string user_data_dir;
  bool stealth = false;  ///< Pages must not notice that it is headless or automated.
  std::int64_t width = 1920, height = 1080;
  std::int64_t uid = -1, gid = -1;  ///< −1: the caller's own.
  std::string home;
  bool keeps_output = false;  ///< What it prints comes by a pipe; otherwise it is dropped.
};

/// A started Chromium: its pid, a pidfd that is readable once it is dead, and the two ends of its DevTools
/// pipe.
struct ChromiumProcess {
  pid_t pid = -1;
  UniqueFd pidfd;
  UniqueFd to_chromium, from_chromium;
  UniqueFd output;  ///< What it prints, when that is kept. It must be read, or Chromium waits.
};

/// The command line: no display, Chromium's own sandbox, no background networking, DevTools on the pipe and
/// on a port of the VM's loopback that Chromium picks.
[[nodiscard]] std::vector<std::string> chromium_arguments(const ChromiumOptions& options);

/// Starts it in a process group of its own.
[[nodiscard]] Result<ChromiumProcess> start_chromium(const ChromiumOptions& options);

}  // namespace wye::vm
