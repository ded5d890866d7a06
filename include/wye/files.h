#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace wye {

/// What a browser's machine says of a file or directory (wire-api §5).
struct FileInfo {
  std::string name;             ///< The last segment of the path.
  std::string path;             ///< Absolute.
  std::int64_t size_bytes = 0;  ///< 0 for directories.
  bool is_dir = false;
  std::string mod_time;  ///< RFC 3339.
  std::string mode;      ///< As `ls -l` shows it, such as `-rw-r--r--`.
};

/// A change that a watch tells.
struct FileEvent {
  std::string type;  ///< `CREATE`, `WRITE`, `DELETE` or `RENAME` (the old name; the new one is a `CREATE`).
  std::string path;  ///< Of what has changed.
  std::optional<std::string> name;  ///< Its last segment.
  std::optional<bool> is_dir;
};

}  // namespace wye
