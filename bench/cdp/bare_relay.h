#pragma once

#include <functional>

#include "base/unique_fd.h"

namespace wye::bench {

/// Runs the simplest possible relay: it accepts on a non-blocking listener, connects each client upstream,
/// and writes on what it reads, in a loop of this process until it is killed. The benchmark compares Wye's
/// cost with that of this relay.
void run_bare_relay(int listener, const std::function<UniqueFd()>& connect);

}  // namespace wye::bench
