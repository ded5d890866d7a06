#include "vm/fs/file_info.h"

#include <fcntl.h>

#include <cerrno>

#include "base/encoding.h"
#include "base/timestamp.h"
#include "base/try.h"
#include "vm/fs/directory_entries.h"
#include "vm/fs/file_error.h"

namespace wye::vm {
namespace {

constexpr std::size_t kMaxListed = 32u << 20;  // bytes of paths and names in one answer

char kind_of(mode_t mode) {
  if (S_ISDIR(mode)) return 'd';
  if (S_ISLNK(mode)) return 'l';
  if (S_ISFIFO(mode)) return 'p';
  if (S_ISSOCK(mode)) return 's';
  if (S_ISCHR(mode)) return 'c';
  if (S_ISBLK(mode)) return 'b';
  return '-';
}

FileInfo described(std::string_view name, std::string_view path, const struct stat& status) {
  const auto micros = status.st_mtim.tv_sec * std::int64_t{1'000'000} + status.st_mtim.tv_nsec / 1000;
  const bool is_dir = S_ISDIR(status.st_mode);
  return {.name = utf8_decode(name),
          .path = utf8_decode(path),
          .size_bytes = is_dir ? 0 : static_cast<std::int64_t>(status.st_size),
          .is_dir = is_dir,
          .mod_time = rfc3339(micros),
          .mode = mode_text(status.st_mode)};
}

}  // namespace

std::string mode_text(mode_t mode) {
  std::string text = "-rwxrwxrwx";
  for (int bit = 0; bit < 9; ++bit)
    if ((mode & (1U << bit)) == 0) text[static_cast<std::size_t>(9 - bit)] = '-';
  text[0] = kind_of(mode);
  const auto special = [&](mode_t flag, std::size_t at, char letter) {
    if ((mode & flag) != 0) text[at] = static_cast<char>(text[at] == '-' ? letter - 'a' + 'A' : letter);
  };
  special(S_ISUID, 3, 's');
  special(S_ISGID, 6, 's');
  special(S_ISVTX, 9, 't');
  return text;
}

Result<FileInfo> file_info(const VmPath& path) {
  WYE_TRY(const auto at, open_path(path, O_PATH));
  struct stat status {};
  if (::fstat(at.get(), &status) != 0) return file_error(errno, path.text());
  return described(path.name(), path.text(), status);
}

Result<std::vector<FileInfo>> list_files(const VmPath& path) {
  WYE_TRY(const auto directory, open_path(path, O_RDONLY | O_DIRECTORY));
  WYE_TRY(const auto names, names_in(directory));
  const auto base = path.text() == "/" ? path.text() : path.text() + '/';
  std::vector<FileInfo> out;
  out.reserve(names.size());
  std::size_t bytes = 0;
  for (const auto& name : names) {
    struct stat status {};
    if (::fstatat(directory.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
    out.push_back(described(name, base + name, status));
    bytes += out.back().path.size() + out.back().name.size();
    if (bytes > kMaxListed)
      return bad_file_request("too_many", "the entries' paths are too long to be listed");
  }
  return out;
}

}  // namespace wye::vm
