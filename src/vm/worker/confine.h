#pragma once

#include <string_view>

namespace wye::vm {

/// The word by which `wye-vm` becomes a worker's confinement instead of the agent.
inline constexpr std::string_view kConfine = "--confine";

/// Runs a program that executes foreign code: as an ordinary user, in a process namespace of its own (so that
/// everything it starts ends with this process), behind the filter for commands, with bounds on tasks, memory
/// and descriptors. `wye-vm --confine UID GID PROGRAM ARGUMENTS…`; a UID of −1 is the caller's own. Passes
/// descriptors 0 to 4 on. Returns the program's exit code, 128 + N for a signal N (docs/adr/0011-workers.md).
int run_confined(int argc, char** argv);

}  // namespace wye::vm
