#pragma once

#include <functional>
#include <string>

#include "base/unique_fd.h"
#include "wye/result.h"

namespace wye::vm {

enum class ArchiveFormat { zip, tar_zstd };

/// The most entries of an archive, in both directions.
inline constexpr std::size_t kMaxArchiveEntries = 65'536;

/// Writes what is in the directory to `out`: files, directories and links as links; FIFOs, sockets and
/// devices are left out. Looks at everything first, and calls `ready` when all can be read. A file that grows
/// meanwhile is cut at the size that it had.
[[nodiscard]] Result<void> pack_archive(const UniqueFd& directory, ArchiveFormat format, int level, int out,
                                        const std::function<void()>& ready);

}  // namespace wye::vm
