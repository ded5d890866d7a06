#pragma once

#include <string>
#include <vector>

namespace wye::cli {

/// The path of this program.
[[nodiscard]] std::string own_binary();
/// The path of `wye-vm`: beside this program, or in ../libexec/wye after an installation.
[[nodiscard]] std::string agent_binary();
/// The same of `wye-relay`.
[[nodiscard]] std::string relay_binary();
/// The command of this program that builds a VM around itself.
[[nodiscard]] std::vector<std::string> vm_launcher();

}  // namespace wye::cli
