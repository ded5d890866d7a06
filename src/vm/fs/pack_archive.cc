#include "vm/fs/pack_archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>

#include "base/try.h"
#include "vm/fs/directory_entries.h"
#include "vm/fs/file_error.h"

namespace wye::vm {
namespace {

constexpr int kMaxDepth = 128;

struct Close {
  void operator()(archive* it) const { ::archive_write_free(it); }
  void operator()(archive_entry* it) const { ::archive_entry_free(it); }
};
using Writer = std::unique_ptr<archive, Close>;
using Entry = std::unique_ptr<archive_entry, Close>;

Error failed(archive* writer) {
  const auto* text = ::archive_error_string(writer);
  return {.kind = ErrorKind::internal,
          .code = "internal_error",
          .message = std::string("the archive cannot be written: ") + (text != nullptr ? text : "no reason")};
}

// What is done with each file, directory and link, in order.
struct Visitor {
  std::function<Result<void>(int parent, const std::string& name, const std::string& path,
                             const struct stat&)>
      visit;
  std::size_t entries = 0;
};

Result<void> walk(const UniqueFd& directory, const std::string& below, int depth, Visitor& visitor) {
  if (depth > kMaxDepth) return bad_file_request("too_many", "the directory is more than 128 levels deep");
  WYE_TRY(const auto names, names_in(directory));
  for (const auto& name : names) {
    struct stat status {};
    if (::fstatat(directory.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) continue;  // it is gone
    const bool is_dir = S_ISDIR(status.st_mode);
    if (!is_dir && !S_ISREG(status.st_mode) && !S_ISLNK(status.st_mode)) continue;
    if (++visitor.entries > kMaxArchiveEntries)
      return bad_file_request("too_many",
                              "an archive has at most " + std::to_string(kMaxArchiveEntries) + " entries");
    const auto path = below + name;
    WYE_CHECK(visitor.visit(directory.get(), name, path, status));
    if (!is_dir) continue;
    const UniqueFd inside(
        ::openat(directory.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!inside && errno == ENOENT) continue;
    if (!inside) return file_error(errno, path);
    struct statfs system {};
    if (::fstatfs(inside.get(), &system) != 0 || system.f_type == PROC_SUPER_MAGIC) continue;
    WYE_CHECK(walk(inside, path + "/", depth + 1, visitor));
  }
  return {};
}

Result<void> check_readable(int parent, const std::string& name, const std::string& path,
                            const struct stat& status) {
  if (S_ISLNK(status.st_mode)) return {};
  if (::faccessat(parent, name.c_str(), S_ISDIR(status.st_mode) ? R_OK | X_OK : R_OK,
                  AT_EACCESS | AT_SYMLINK_NOFOLLOW) != 0 &&
      errno != ENOENT)
    return file_error(errno, path);
  return {};
}

Result<void> put_bytes(archive* writer, int file, std::int64_t size) {
  std::array<char, 1 << 16> piece;
  while (size > 0) {
    const auto got =
        ::read(file, piece.data(), std::min<std::size_t>(piece.size(), static_cast<std::size_t>(size)));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return {};  // it has become shorter: the format says so, or is filled with zeros
    if (::archive_write_data(writer, piece.data(), static_cast<std::size_t>(got)) < 0) return failed(writer);
    size -= got;
  }
  return {};
}

Result<void> put_entry(archive* writer, int parent, const std::string& name, const std::string& path,
                       const struct stat& status) {
  const Entry entry(::archive_entry_new());
  ::archive_entry_set_pathname(entry.get(), path.c_str());
  ::archive_entry_set_mode(entry.get(), status.st_mode);
  ::archive_entry_set_mtime(entry.get(), status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
  UniqueFd file;
  if (S_ISREG(status.st_mode)) {
    file.reset(::openat(parent, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!file && errno == ENOENT) return {};
    struct stat opened {};
    if (!file || ::fstat(file.get(), &opened) != 0) return file_error(errno, path);
    if (!S_ISREG(opened.st_mode)) return {};  // it was replaced
    ::archive_entry_set_size(entry.get(), opened.st_size);
  } else if (S_ISLNK(status.st_mode)) {
    std::array<char, PATH_MAX> target;
    const auto size = ::readlinkat(parent, name.c_str(), target.data(), target.size() - 1);
    if (size < 0) return {};
    target[static_cast<std::size_t>(size)] = '\0';
    ::archive_entry_set_symlink(entry.get(), target.data());
    ::archive_entry_set_size(entry.get(), 0);
  }
  if (::archive_write_header(writer, entry.get()) < ARCHIVE_WARN) return failed(writer);
  return file ? put_bytes(writer, file.get(), ::archive_entry_size(entry.get())) : Result<void>();
}

Result<Writer> open_writer(ArchiveFormat format, int level, int out) {
  Writer writer(::archive_write_new());
  const auto option = std::to_string(level);
  bool good = true;
  if (format == ArchiveFormat::zip) {
    good = ::archive_write_set_format_zip(writer.get()) == ARCHIVE_OK;
  } else {
    good = ::archive_write_set_format_pax_restricted(writer.get()) == ARCHIVE_OK &&
           ::archive_write_add_filter_zstd(writer.get()) == ARCHIVE_OK &&
           ::archive_write_set_filter_option(writer.get(), "zstd", "compression-level", option.c_str()) ==
               ARCHIVE_OK;
  }
  ::archive_write_set_bytes_per_block(writer.get(), 1 << 16);
  ::archive_write_set_bytes_in_last_block(writer.get(), 1);
  if (!good || ::archive_write_open_fd(writer.get(), out) != ARCHIVE_OK) return failed(writer.get());
  return writer;
}

}  // namespace

Result<void> pack_archive(const UniqueFd& directory, ArchiveFormat format, int level, int out,
                          const std::function<void()>& ready) {
  Visitor looking{.visit = check_readable};
  WYE_CHECK(walk(directory, "", 1, looking));
  WYE_TRY(const auto writer, open_writer(format, level, out));
  ready();
  Visitor writing{.visit = [&writer](int parent, const std::string& name, const std::string& path,
                                     const struct stat& status) {
    return put_entry(writer.get(), parent, name, path, status);
  }};
  WYE_CHECK(walk(directory, "", 1, writing));
  if (::archive_write_close(writer.get()) != ARCHIVE_OK) return failed(writer.get());
  return {};
}

}  // namespace wye::vm
