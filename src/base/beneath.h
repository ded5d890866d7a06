#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "base/unique_fd.h"
#include "wye/result.h"

/// File access in directories that an attacker can write to. The attacker may put a FIFO there whose opening
/// blocks, a link that leads out, a device, or an endless file. `root` is a directory that the attacker
/// cannot replace; links in its own path are followed. `path` lies below it and is under the attacker's
/// control. These functions follow no link, never block, and read only regular files.
namespace wye::beneath {

/// Reads the whole file; `invalid` when it has more than `at_most` bytes or is no regular file.
[[nodiscard]] Result<std::string> read(const std::string& root, const std::string& path, std::size_t at_most);

/// Makes the directory if it is missing, and sets its mode and owner (−1: unchanged).
[[nodiscard]] Result<UniqueFd> make_directory(const std::string& root, const std::string& path, mode_t mode,
                                              std::int64_t uid = -1, std::int64_t gid = -1);

/// Replaces whatever has this name in the directory with a file of mode 0644. Only the caller may own and
/// write the directory: `denied` otherwise.
[[nodiscard]] Result<void> write(const UniqueFd& directory, const std::string& name, std::string_view text);

/// Removes what is there, unless it is a directory. Does nothing when nothing is there.
void remove(const std::string& root, const std::string& path);

}  // namespace wye::beneath
