#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "base/unique_fd.h"
#include "wye/result.h"

/// Files where somebody hostile may put anything in any place: a FIFO whose opening waits, a link that leads
/// away, a device, a file without end. `root` is a directory that they cannot replace (its path is followed
/// as it is); `path` leads below it and is theirs. No link is followed, nothing is waited for, and only
/// regular files are read.
namespace wye::beneath {

/// The whole file; `invalid` when it has more bytes than that, or is none.
[[nodiscard]] Result<std::string> read(const std::string& root, const std::string& path, std::size_t at_most);

/// Makes the directory unless it is there, and gives it this mode and owner (−1: left as it is).
[[nodiscard]] Result<UniqueFd> make_directory(const std::string& root, const std::string& path, mode_t mode,
                                              std::int64_t uid = -1, std::int64_t gid = -1);

/// Puts a file (mode 0644) in the place of whatever has this name in a directory, which must be the caller's
/// own and nobody else's to write: `denied` otherwise.
[[nodiscard]] Result<void> write(const UniqueFd& directory, const std::string& name, std::string_view text);

/// Whatever it is, a directory excepted; nothing happens where there is none.
void remove(const std::string& root, const std::string& path);

}  // namespace wye::beneath
