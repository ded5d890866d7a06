#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string_view>

namespace wye::vm {

/// The mark by which all processes of a command are known, whatever group or session they have moved to and
/// whoever their parent is: a resource limit that the kernel has not used since 2.4, and that the filter for
/// commands lets nobody change. Zero is no mark.
using CommandMark = std::uint64_t;

/// Marks this process and all its later children. Async-signal-safe.
[[nodiscard]] bool set_command_mark(CommandMark mark);
/// Returns the mark of a process; nothing when it has none.
[[nodiscard]] std::optional<CommandMark> command_mark_of(pid_t pid);
/// Finds it in the text of `/proc/PID/limits`. Pure.
[[nodiscard]] std::optional<CommandMark> find_command_mark(std::string_view limits);

}  // namespace wye::vm
