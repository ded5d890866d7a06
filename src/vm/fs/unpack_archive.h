#pragma once

#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "vm/fs/pack_archive.h"

namespace wye::vm {

/// The most bytes that one archive may become.
inline constexpr std::int64_t kMaxUnpackedBytes = 16LL << 30;

struct UnpackInto {
  const UniqueFd& nearest;           ///< The directory, or the nearest one above it that is there.
  std::vector<std::string> missing;  ///< The directories below it that are to be made.
  std::size_t strip = 0;             ///< The first segments of each name that are left out.
  std::string hidden;                ///< A new name beside the place (`hidden_name`), gone at the end.
};

/// Unpacks an archive into the directory, over what is there. First everything is put under numbers into a
/// hidden directory beside its place; only when the whole archive is good and fits, it is renamed into place.
/// On an error before that, nothing has changed. Follows no link, in names of the archive and in what is
/// there.
[[nodiscard]] Result<void> unpack_archive(int archive, ArchiveFormat format, const UnpackInto& into);

}  // namespace wye::vm
