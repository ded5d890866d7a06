#pragma once

#include <string_view>

#include "vm/command/command_spec.h"
#include "wye/result.h"

namespace wye::vm {

/// The users that a VM has.
struct VmUsers {
  std::int64_t uid = -1, gid = -1;  ///< Chromium's, and that of commands; −1: the agent's own, and no other.
  std::string home;
};

/// Returns the user for `as_user` (a name, a uid, or `uid:gid`), for `as_root`, or for neither. 400 for a
/// name that the VM does not have, for both together, and for another user where there is only one.
[[nodiscard]] Result<CommandUser> command_user(const VmUsers& users, std::string_view as_user, bool as_root);

}  // namespace wye::vm
