#pragma once

#include <sys/stat.h>

#include <vector>

#include "vm/fs/vm_path.h"
#include "wye/files.h"

namespace wye::vm {

/// Writes a mode as `ls -l` does.
[[nodiscard]] std::string mode_text(mode_t mode);

/// Describes what the path leads to, links followed. On a file thread, like `list_files`.
[[nodiscard]] Result<FileInfo> file_info(const VmPath& path);
/// Describes the entries of a directory, links themselves, by name. What disappears meanwhile is left out.
[[nodiscard]] Result<std::vector<FileInfo>> list_files(const VmPath& path);

}  // namespace wye::vm
