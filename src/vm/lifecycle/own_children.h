#pragma once

#include <sys/types.h>

#include <string_view>
#include <vector>

namespace wye::vm {

/// Returns this process's children, dead ones that nobody has reaped included; for pid 1 that is also who has
/// lost its parent. Children leave the list only when this process reaps them.
[[nodiscard]] std::vector<pid_t> own_children();

/// Returns all processes that this one sees.
[[nodiscard]] std::vector<pid_t> all_processes();

/// Reads such a list as the kernel writes it; what is no number is left out. Pure.
[[nodiscard]] std::vector<pid_t> parse_children(std::string_view text);

}  // namespace wye::vm
