#pragma once

#include <functional>

#include "base/unique_fd.h"

namespace wye::bench {

/// The least that a relay can do: accepts on a non-blocking listener, connects each client upstream, and
/// writes on what it reads, in a loop of this process until it is killed. What Wye adds is compared with what
/// this adds.
void run_bare_relay(int listener, const std::function<UniqueFd()>& connect);

}  // namespace wye::bench
