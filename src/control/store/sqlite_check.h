#pragma once

#include <cstdint>
#include <string>

#include "wye/result.h"

namespace wye::control {

/// Up to this size, a start reads the whole file for damage (about half a second); above it, only the tables
/// that a start depends on, and the archive's pages are checked when they are read.
inline constexpr std::int64_t kWholeCheckBytes = 256LL << 20;

enum class CheckDepth {
  version,   ///< Whose file it is, and its version.
  start,     ///< Also that its tables are those of the version, and damage up to `kWholeCheckBytes`.
  complete,  ///< Also every page and every index entry.
};

/// Checks a database without changing it or its log. Returns the schema's version; 0 for a file that is
/// missing or empty. Errors name the file: `store_foreign`, `store_newer`, `store_damaged`.
[[nodiscard]] Result<int> check_database(const std::string& path, CheckDepth depth);

}  // namespace wye::control
