#pragma once

#include <cstdint>

#include "wye/error.h"

namespace wye::cli {

/// Returns the exit code for a command that ran in a VM: its own, or 255 when a signal ended it.
[[nodiscard]] int exit_code_of(std::int64_t code);

/// Prints an error of a command that did not run to its end, and returns the exit code as shells, `env` and
/// `timeout` give it: 127 not found, 126 not executable, 124 too long, 125 anything else.
int fail_of_command(const Error& error);

}  // namespace wye::cli
