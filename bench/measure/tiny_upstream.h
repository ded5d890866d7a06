#pragma once

#include <string>

namespace wye::bench {

/// The cheapest agent there can be: answers every request on a unix socket with the same small answer, in
/// this process's own loop, until killed. Both proxies stand before it.
void run_tiny_upstream(int listener, const std::string& answer);

}  // namespace wye::bench
