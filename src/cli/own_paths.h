#pragma once

#include <string>

namespace wye::cli {

/// This program's file.
[[nodiscard]] std::string own_binary();
/// `wye-vm`: beside this program, or in ../libexec/wye where it was installed.
[[nodiscard]] std::string agent_binary();

}  // namespace wye::cli
