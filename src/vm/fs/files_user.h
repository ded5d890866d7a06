#pragma once

#include <cstdint>

#include "wye/result.h"

namespace wye::vm {

/// The user whose rights file calls have: Chromium's, and that of commands. −1: the caller's own.
struct FilesUser {
  std::int64_t uid = -1, gid = -1;
};

/// Gives the calling thread, and no other, this user's rights on files, and takes its capabilities for good.
/// The thread's other ids stay the agent's, so that processes of that user can neither signal nor trace it.
[[nodiscard]] Result<void> take_file_rights_of(const FilesUser& user);

}  // namespace wye::vm
