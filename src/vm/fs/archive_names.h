#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "wye/result.h"

// Which names an archive may have (vm-api §10): none that leads out of the directory it is unpacked into.
// Pure.
namespace wye::vm {

/// Returns an entry's name as it will be made: relative, without ".", "..", empty segments and the first
/// `strip` segments. Nothing when nothing is left of it. 400 `archive_refused` for an absolute name, for
/// "..", and for what no file system takes.
[[nodiscard]] Result<std::optional<std::string>> unpacked_name(std::string_view entry, std::size_t strip);

/// Checks where a symbolic link called `name` (as returned above) leads: only to places in the directory,
/// whatever other links are there. 400 `archive_refused` otherwise.
[[nodiscard]] Result<void> check_link(std::string_view name, std::string_view target);

}  // namespace wye::vm
