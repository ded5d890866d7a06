#include "vm/fs/unpack_archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>

#include "base/try.h"
#include "vm/fs/archive_names.h"
#include "vm/fs/file_error.h"
#include "vm/fs/new_file.h"
#include "vm/fs/remove_tree.h"
#include "vm/fs/staged_entries.h"

namespace wye::vm {
namespace {

struct Free {
  void operator()(archive* it) const { ::archive_read_free(it); }
};
using Reader = std::unique_ptr<archive, Free>;

Error damaged(archive* reader) {
  const auto* text = ::archive_error_string(reader);
  return bad_file_request("archive_refused", std::string("the archive cannot be read: ") +
                                                 (text != nullptr ? text : "it is damaged"));
}

// A directory below the root, as far as the path leads to one.
struct Reached {
  UniqueFd directory;
  bool whole = false;  ///< All of the path is there.
};

class Unpacking {
 public:
  Unpacking(const UnpackInto& into, UniqueFd staging) : into_(into), staging_(std::move(staging)) {}

  Result<void> stage_all(archive* reader) {
    for (archive_entry* entry = nullptr;;) {
      const auto status = ::archive_read_next_header(reader, &entry);
      if (status == ARCHIVE_EOF) return {};
      if (status < ARCHIVE_WARN) return damaged(reader);
      WYE_CHECK(stage(reader, entry));
    }
  }

  // Looks for what would stop the renaming half-way, where the directory itself is there.
  Result<void> check_places(const UniqueFd& root) const {
    for (const auto& [number, entry] : entries_.all()) {
      WYE_TRY(const auto parent, reach(root, parent_of(entry.name)));
      struct stat status {};
      if (parent.whole &&
          ::fstatat(parent.directory.get(), base_of(entry.name).c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) {
        if (S_ISDIR(status.st_mode) != entry.is_dir)
          return file_error(entry.is_dir ? ENOTDIR : EISDIR, entry.name);
        if (entry.is_dir) continue;
      }
      if (::faccessat(parent.directory.get(), ".", W_OK | X_OK, AT_EACCESS) != 0)
        return file_error(errno, entry.name);
    }
    return {};
  }

  // Files and links take no room when they are renamed; each new directory takes an inode.
  Result<void> check_inodes(const UniqueFd& root) const {
    WYE_TRY(const auto needed, new_directories(root));
    struct statvfs system {};
    if (::fstatvfs(staging_.get(), &system) != 0 || system.f_files == 0 || needed <= system.f_favail)
      return {};
    return file_error(ENOSPC, "dest_path");
  }

  Result<void> rename_all(const UniqueFd& root) const {
    for (const auto& [number, entry] : entries_.all()) {
      WYE_TRY(const auto parent, descend(root, parent_of(entry.name), true));
      if (entry.is_dir) {
        WYE_TRY(const auto made [[maybe_unused]], descend(root, entry.name, true));
      } else if (::renameat(staging_.get(), std::to_string(number).c_str(), parent.get(),
                            base_of(entry.name).c_str()) != 0) {
        return file_error(errno, entry.name);
      }
    }
    // Modes of directories come last: one may forbid to write into it, or to come by it.
    for (auto at = entries_.all().rbegin(); at != entries_.all().rend(); ++at) {
      if (!at->second.is_dir) continue;
      const auto parent = descend(root, parent_of(at->second.name), false);
      if (!parent) continue;
      const UniqueFd made(::openat(parent->get(), base_of(at->second.name).c_str(),
                                   O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
      if (made) ::fchmod(made.get(), at->second.mode);
    }
    return {};
  }

 private:
  // Goes down by one name after the other, so that no link is followed, whoever puts one there meanwhile.
  static Result<UniqueFd> descend(const UniqueFd& root, const std::string& path, bool make) {
    WYE_TRY(auto reached, walk(root, path, make));
    if (!reached.whole) return file_error(ENOENT, path);
    return std::move(reached.directory);
  }
  static Result<Reached> reach(const UniqueFd& root, const std::string& path) {
    return walk(root, path, false);
  }
  static Result<Reached> walk(const UniqueFd& root, const std::string& path, bool make) {
    UniqueFd at(::fcntl(root.get(), F_DUPFD_CLOEXEC, 0));
    if (!at) return file_error(errno, path);
    for (std::size_t from = 0; from < path.size();) {
      const auto to = std::min(path.find('/', from), path.size());
      const auto name = path.substr(from, to - from);
      from = to + 1;
      if (make && ::mkdirat(at.get(), name.c_str(), 0755) != 0 && errno != EEXIST)
        return file_error(errno, path);
      UniqueFd next(::openat(at.get(), name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
      if (!next && errno == ENOENT) return Reached{.directory = std::move(at)};
      if (!next) return file_error(errno, path);
      at = std::move(next);
    }
    return Reached{.directory = std::move(at), .whole = true};
  }

  [[nodiscard]] Result<std::size_t> new_directories(const UniqueFd& root) const {
    const auto& all = entries_.directories();
    if (!into_.missing.empty()) return into_.missing.size() + all.size();
    std::size_t count = 0;
    for (const auto& name : all) {
      WYE_TRY(const auto there, reach(root, name));
      if (!there.whole) ++count;
    }
    return count;
  }

  Result<void> stage(archive* reader, archive_entry* entry) {
    WYE_TRY(const auto seen, entries_.next_number());
    const auto* text = ::archive_entry_pathname(entry);
    if (text == nullptr) text = ::archive_entry_pathname_utf8(entry);
    if (text == nullptr)
      return bad_file_request("archive_refused", "an entry of the archive has no readable name");
    if (::archive_entry_is_encrypted(entry) != 0)
      return bad_file_request("archive_refused", "the archive is encrypted");
    WYE_TRY(const auto name, unpacked_name(text, into_.strip));
    if (!name) return {};
    const auto kind = ::archive_entry_filetype(entry);
    WYE_CHECK(entries_.check(*name, kind == AE_IFDIR));
    const auto number = std::to_string(seen);
    StagedEntries::Entry staged{.name = *name, .is_dir = kind == AE_IFDIR};
    // A program of this archive must not become anybody's but the files' user's.
    staged.mode = ::archive_entry_perm(entry) & 0777;
    if (const auto* hard = ::archive_entry_hardlink(entry)) {
      WYE_CHECK(stage_hard_link(hard, number, staged));
    } else if (kind == AE_IFLNK) {
      const auto* target = ::archive_entry_symlink(entry);
      if (target == nullptr) return damaged(reader);
      staged.target = target;
      WYE_CHECK(check_link(*name, target));
      if (::symlinkat(target, staging_.get(), number.c_str()) != 0) return file_error(errno, *name);
    } else if (kind == AE_IFREG) {
      WYE_CHECK(stage_file(reader, entry, number, staged));
    } else if (!staged.is_dir) {
      return bad_file_request("archive_refused",
                              "the archive's entry " + *name + " is no file, directory or link");
    }
    entries_.add(seen, std::move(staged));
    return {};
  }

  Result<void> stage_hard_link(const char* target, const std::string& number, StagedEntries::Entry& staged) {
    WYE_TRY(const auto other, unpacked_name(target, into_.strip));
    const auto found = other ? entries_.find(*other) : std::nullopt;
    if (staged.is_dir || !found || entries_.at(*found).is_dir)
      return bad_file_request("archive_refused", "the archive's entry " + staged.name +
                                                     " is a link to a file that is not in the archive");
    // A second name of a link leads from another place.
    staged.target = entries_.at(*found).target;
    if (staged.target) WYE_CHECK(check_link(staged.name, *staged.target));
    if (::linkat(staging_.get(), std::to_string(*found).c_str(), staging_.get(), number.c_str(), 0) != 0)
      return file_error(errno, staged.name);
    return {};
  }

  Result<void> stage_file(archive* reader, archive_entry* entry, const std::string& number,
                          const StagedEntries::Entry& staged) {
    const UniqueFd file(
        ::openat(staging_.get(), number.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file) return file_error(errno, staged.name);
    std::array<char, 1 << 16> piece;
    for (;;) {
      const auto got = ::archive_read_data(reader, piece.data(), piece.size());
      if (got == 0) break;
      if (got < 0) return damaged(reader);
      bytes_ += got;
      if (bytes_ > kMaxUnpackedBytes) return bad_file_request("too_many", "the archive becomes too large");
      for (ssize_t done = 0; done < got;) {
        const auto wrote = ::write(file.get(), piece.data() + done, static_cast<std::size_t>(got - done));
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote <= 0) return file_error(wrote == 0 ? ENOSPC : errno, staged.name);
        done += wrote;
      }
    }
    const auto mode = staged.mode != 0 ? staged.mode : mode_t{0644};
    if (::fchmod(file.get(), mode) != 0) return file_error(errno, staged.name);
    if (::archive_entry_mtime_is_set(entry) != 0) {
      const timespec at{::archive_entry_mtime(entry), ::archive_entry_mtime_nsec(entry)};
      const std::array<timespec, 2> times{at, at};
      ::futimens(file.get(), times.data());  // a time that the file system does not take is left out
    }
    return {};
  }

  const UnpackInto& into_;
  const UniqueFd staging_;
  std::int64_t bytes_ = 0;
  StagedEntries entries_;
};

Result<Reader> open_reader(int archive, ArchiveFormat format) {
  Reader reader(::archive_read_new());
  if (format == ArchiveFormat::zip) {
    ::archive_read_support_format_zip_seekable(reader.get());
  } else {
    ::archive_read_support_filter_zstd(reader.get());
    ::archive_read_support_format_tar(reader.get());
    // A file of no bytes is the archive of nothing.
    ::archive_read_support_format_empty(reader.get());
  }
  if (::archive_read_open_fd(reader.get(), archive, 1 << 16) != ARCHIVE_OK) return damaged(reader.get());
  return reader;
}

Result<void> unpack_through(const UniqueFd& staging, int archive, ArchiveFormat format,
                            const UnpackInto& into) {
  WYE_TRY(const auto reader, open_reader(archive, format));
  Unpacking unpacking(into, UniqueFd(::fcntl(staging.get(), F_DUPFD_CLOEXEC, 0)));
  WYE_CHECK(unpacking.stage_all(reader.get()));
  UniqueFd root(::fcntl(into.nearest.get(), F_DUPFD_CLOEXEC, 0));
  if (into.missing.empty()) WYE_CHECK(unpacking.check_places(root));
  WYE_CHECK(unpacking.check_inodes(root));
  NewPlace place{.nearest = std::move(root), .missing = into.missing, .name = {}};
  WYE_TRY(const auto path, VmPath::parse("/"));
  WYE_TRY(const auto made, make_missing(place, path));
  return unpacking.rename_all(made);
}

}  // namespace

Result<void> unpack_archive(int archive, ArchiveFormat format, const UnpackInto& into) {
  const auto& hidden = into.hidden;
  if (::mkdirat(into.nearest.get(), hidden.c_str(), 0700) != 0) return file_error(errno, "dest_path");
  const UniqueFd staging(
      ::openat(into.nearest.get(), hidden.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  auto done =
      staging ? unpack_through(staging, archive, format, into) : Result<void>(file_error(errno, hidden));
  const auto cleaned = remove_tree(into.nearest, hidden);
  return done ? cleaned : done;
}

}  // namespace wye::vm
