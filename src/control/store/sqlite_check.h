#pragma once

#include <cstdint>
#include <string>

#include "wye/result.h"

namespace wye::control {

/// Up to this size the whole file is read for damage at a start (about half a second); above it the tables a
/// start depends on are, and the archive's pages are checked as they are read.
inline constexpr std::int64_t kWholeCheckBytes = 256LL << 20;

enum class CheckDepth {
  version,   ///< Whose file it is and of which version.
  start,     ///< Also its tables against the version's schema, and damage as `kWholeCheckBytes` says.
  complete,  ///< Also every page and every index entry.
};

/// Looks at a database without changing it or its log. The schema's version; 0 for a file that is not there
/// or empty. Errors name the file: `store_foreign`, `store_newer`, `store_damaged`.
[[nodiscard]] Result<int> check_database(const std::string& path, CheckDepth depth);

}  // namespace wye::control
