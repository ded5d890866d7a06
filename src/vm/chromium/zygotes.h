#pragma once

#include <sys/types.h>

#include <vector>

#include "base/unique_fd.h"

namespace wye::vm {

/// Returns pidfds of Chromium's zygotes, the processes from which it forks renderers. Chromium starts them
/// once, does not notice when one dies, and can open no page from then on.
[[nodiscard]] std::vector<UniqueFd> open_zygotes(pid_t chromium);

}  // namespace wye::vm
