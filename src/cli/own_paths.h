#pragma once

#include <string>

namespace wye::cli {

/// The path of this program.
[[nodiscard]] std::string own_binary();
/// The path of `wye-vm`: beside this program, or in ../libexec/wye after an installation.
[[nodiscard]] std::string agent_binary();
/// The same of `wye-relay`.
[[nodiscard]] std::string relay_binary();

}  // namespace wye::cli
