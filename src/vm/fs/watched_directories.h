#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "vm/fs/vm_path.h"

namespace wye::vm {

/// The most directories of one watch; a VM has 8,192 in all.
inline constexpr std::size_t kMaxWatchedDirectories = 2048;

/// The most entries that one look at directories returns.
inline constexpr std::size_t kMaxInside = 16'384;

/// A directory, or the watch's own file, that inotify now tells about.
struct Watched {
  struct Inside {
    std::string name;
    bool is_dir;
  };
  int wd = -1;
  std::string path;
  std::vector<Inside> inside;  ///< What was in it once it was watched.
  std::int64_t more = 0;       ///< How much else was, beyond `kMaxInside`.
};

/// Watches the path and, with `recursive`, all directories below it; links below it are not followed. What is
/// watched already is returned too. At most `room` of them: 400 `too_many` beyond. On a file thread.
[[nodiscard]] Result<std::vector<Watched>> watch_directories(const UniqueFd& inotify, const VmPath& path,
                                                             bool recursive, std::size_t room);

/// Tells whether a name is one of our own for what is not in its place yet.
[[nodiscard]] bool is_hidden_name(std::string_view name);

}  // namespace wye::vm
