#include "vm/fs/directory_entries.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "vm/fs/file_error.h"

namespace wye::vm {

Result<std::vector<std::string>> names_in(const UniqueFd& directory) {
  UniqueFd again(::fcntl(directory.get(), F_DUPFD_CLOEXEC, 0));
  const auto close = [](DIR* stream) { ::closedir(stream); };
  const std::unique_ptr<DIR, decltype(close)> stream(again ? ::fdopendir(again.get()) : nullptr, close);
  if (!stream) return file_error(errno, "the directory");
  (void)again.release();  // closedir closes it
  ::rewinddir(stream.get());
  std::vector<std::string> names;
  for (errno = 0; const auto* entry = ::readdir(stream.get()); errno = 0) {
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    if (names.size() >= kMaxEntries)
      return bad_file_request("too_many",
                              "the directory has more than " + std::to_string(kMaxEntries) + " entries");
    names.emplace_back(name);
  }
  if (errno != 0) return file_error(errno, "the directory");
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace wye::vm
