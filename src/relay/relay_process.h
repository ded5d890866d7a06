#pragma once

#include <cstddef>

#include "base/unique_fd.h"

namespace wye::relay {

struct RelayProcessOptions {
  UniqueFd listener;      ///< Where servers connect (`listen_for_links`).
  std::size_t most = 0;   ///< WebSockets at once; 0: as many as descriptors allow, at most 10,000.
  unsigned threads = 0;   ///< 0 = one a core.
  bool sandboxed = true;  ///< No file, no new socket, no other program (sandbox.h).
};

/// Relays what servers hand on, until there is nothing to relay and no server any more. One server at a time:
/// the newest. Returns the exit code.
int run_relay_process(RelayProcessOptions options);

}  // namespace wye::relay
