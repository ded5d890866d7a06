#pragma once

#include <string>

#include "base/unique_fd.h"
#include "wye/result.h"

namespace wye::vm {

/// Copies a file, link or directory with all that is in it to a name that is free, with modes and times;
/// links are copied as links. 400 `not_a_file` for anything else. What was copied until an error stays: the
/// caller removes it.
[[nodiscard]] Result<void> copy_tree(int from_directory, const std::string& from, int to_directory,
                                     const std::string& to);

}  // namespace wye::vm
