#pragma once

#include "base/unique_fd.h"
#include "vm/command/command_mark.h"
#include "vm/command/command_spec.h"
#include "wye/result.h"

namespace wye::vm {

/// A process that is becoming the program. All descriptors are ours, and do not block.
struct LaunchedCommand {
  pid_t pid = -1;
  UniqueFd pidfd;
  UniqueFd report;  ///< Ends once the program runs; before, it says why it cannot (`read_launch_report`).
  UniqueFd input, output, errors;  ///< Those that it has; none with a terminal.
  UniqueFd terminal;               ///< Its controlling side.
};

/// Starts a program in a session and process group of its own, as its user, behind the filter for commands,
/// with the mark, none of our descriptors, and more likely than Chromium to be killed when memory is short.
/// 429 when the VM has no room for it.
[[nodiscard]] Result<LaunchedCommand> launch_command(const CommandSpec& spec, CommandMark mark);

/// Turns what `report` has said into the error for the caller; "" is a success. 400 for a program, directory
/// or list of words that the caller must change.
[[nodiscard]] Result<void> read_launch_report(std::string_view report);

}  // namespace wye::vm
