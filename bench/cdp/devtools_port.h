#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "base/unique_fd.h"

// Chromium's own DevTools port, which listens on the loopback of its VM only. Needs root.
namespace wye::bench {

struct DevToolsPort {
  pid_t inside = 0;  ///< A process of the VM.
  std::uint16_t port = 0;
  std::string browser_path;  ///< `/devtools/browser/…`
};

/// Finds the DevTools of the VM in which that process runs. Throws `std::runtime_error`.
[[nodiscard]] DevToolsPort find_devtools(pid_t inside);

/// Moves the calling thread into the network of that process.
void enter_network_of(pid_t inside);

/// Connects to a port of the loopback; the socket is blocking.
[[nodiscard]] UniqueFd connect_loopback(std::uint16_t port);

/// Connects from outside the VM; the socket is blocking.
[[nodiscard]] UniqueFd connect_inside(const DevToolsPort& to);

}  // namespace wye::bench
