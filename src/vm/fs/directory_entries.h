#pragma once

#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "wye/result.h"

namespace wye::vm {

/// The most entries that one directory may have for a call that reads it whole.
inline constexpr std::size_t kMaxEntries = 65'536;

/// Returns the names in a directory, without "." and "..", in the order of their bytes. 400 `too_many` beyond
/// `kMaxEntries`. The descriptor is an open directory, not O_PATH, and is left at its end.
[[nodiscard]] Result<std::vector<std::string>> names_in(const UniqueFd& directory);

}  // namespace wye::vm
