#pragma once

#include <string>

#include "base/unique_fd.h"
#include "wye/result.h"

namespace wye::vm {

/// Removes the directory `name` in `parent` with all that is in it, and nothing else: no link is followed,
/// and a directory that is moved away meanwhile is left where it went. At most 256 levels deep.
[[nodiscard]] Result<void> remove_tree(const UniqueFd& parent, const std::string& name);

}  // namespace wye::vm
