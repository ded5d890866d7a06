#pragma once

#include <string>

namespace wye::bench {

/// The cheapest possible agent: answers every request on a unix socket with the same small answer, in a loop
/// of this process, until it is killed. Both proxies are measured in front of it.
void run_tiny_upstream(int listener, const std::string& answer);

}  // namespace wye::bench
