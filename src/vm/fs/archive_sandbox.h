#pragma once

#include "vm/fs/files_user.h"

namespace wye::vm {

/// Leaves this process with nothing but the rights on files of the files' user: ids that no other process of
/// the VM has, no capabilities, bounded memory and processor time, and a filter without sockets, new
/// processes and signals. For a process that reads archives, before it reads one.
[[nodiscard]] Result<void> enter_archive_sandbox(const FilesUser& user);

}  // namespace wye::vm
