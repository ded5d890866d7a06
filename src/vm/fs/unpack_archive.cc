#include "vm/fs/unpack_archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <map>
#include <memory>
#include <set>

#include "base/try.h"
#include "vm/fs/archive_names.h"
#include "vm/fs/file_error.h"
#include "vm/fs/new_file.h"
#include "vm/fs/remove_tree.h"

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

Error too_many_entries() {
  return bad_file_request("too_many",
                          "an archive has at most " + std::to_string(kMaxArchiveEntries) + " entries");
}

// An entry that waits under its number.
struct Staged {
  std::string name;
  bool is_dir = false;
  mode_t mode = 0;
};

class Unpacking {
 public:
  Unpacking(const UnpackInto& into, UniqueFd staging) : into_(into), staging_(std::move(staging)) {}

  Result<void> stage_all(archive* reader) {
    for (archive_entry* entry = nullptr;;) {
      const auto status = ::archive_read_next_header(reader, &entry);
      if (status == ARCHIVE_EOF) return {};
      if (status < ARCHIVE_WARN) return damaged(reader);
      if (++seen_ > kMaxArchiveEntries) return too_many_entries();
      WYE_CHECK(stage(reader, entry));
    }
  }

  // Looks for what would stop the renaming half-way.
  Result<void> check_places(const UniqueFd& root) const {
    for (const auto& [number, entry] : staged_) {
      auto at = descend(root, parent_of(entry.name), false);
      if (!at && at.error().kind == ErrorKind::not_found) continue;
      if (!at) return at.error();
      struct stat status {};
      if (::fstatat(at->get(), base_of(entry.name).c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
      if (S_ISDIR(status.st_mode) != entry.is_dir)
        return file_error(entry.is_dir ? ENOTDIR : EISDIR, entry.name);
    }
    return {};
  }

  Result<void> rename_all(const UniqueFd& root) const {
    for (const auto& [number, entry] : staged_) {
      WYE_TRY(const auto parent, descend(root, parent_of(entry.name), true));
      if (entry.is_dir) {
        WYE_TRY(const auto made [[maybe_unused]], descend(root, entry.name, true));
      } else if (::renameat(staging_.get(), std::to_string(number).c_str(), parent.get(),
                            base_of(entry.name).c_str()) != 0) {
        return file_error(errno, entry.name);
      }
    }
    // Modes of directories come last: one may forbid to write into it.
    for (auto at = staged_.rbegin(); at != staged_.rend(); ++at) {
      if (!at->second.is_dir) continue;
      WYE_TRY(const auto parent, descend(root, parent_of(at->second.name), false));
      const UniqueFd made(::openat(parent.get(), base_of(at->second.name).c_str(),
                                   O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
      if (made) ::fchmod(made.get(), at->second.mode);
    }
    return {};
  }

 private:
  static std::string parent_of(const std::string& name) {
    const auto slash = name.rfind('/');
    return slash == std::string::npos ? std::string() : name.substr(0, slash);
  }
  static std::string base_of(const std::string& name) { return name.substr(name.rfind('/') + 1); }

  // Goes down by one name after the other, so that no link is followed, whoever puts one there meanwhile.
  static Result<UniqueFd> descend(const UniqueFd& root, const std::string& path, bool make) {
    UniqueFd at(::fcntl(root.get(), F_DUPFD_CLOEXEC, 0));
    if (!at) return file_error(errno, path);
    for (std::size_t from = 0; from < path.size();) {
      const auto to = std::min(path.find('/', from), path.size());
      const auto name = path.substr(from, to - from);
      from = to + 1;
      if (make && ::mkdirat(at.get(), name.c_str(), 0755) != 0 && errno != EEXIST)
        return file_error(errno, path);
      UniqueFd next(::openat(at.get(), name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
      if (!next) return file_error(errno, path);
      at = std::move(next);
    }
    return at;
  }

  Result<void> stage(archive* reader, archive_entry* entry) {
    const auto* text = ::archive_entry_pathname(entry);
    if (text == nullptr) text = ::archive_entry_pathname_utf8(entry);
    if (text == nullptr)
      return bad_file_request("archive_refused", "an entry of the archive has no readable name");
    if (::archive_entry_is_encrypted(entry) != 0)
      return bad_file_request("archive_refused", "the archive is encrypted");
    WYE_TRY(const auto name, unpacked_name(text, into_.strip));
    if (!name) return {};
    const auto kind = ::archive_entry_filetype(entry);
    WYE_CHECK(check_against_others(*name, kind == AE_IFDIR));
    const auto number = std::to_string(seen_);
    Staged staged{.name = *name, .is_dir = kind == AE_IFDIR};
    // A program of this archive must not become anybody's but the files' user's.
    staged.mode = ::archive_entry_perm(entry) & 0777;
    if (const auto* hard = ::archive_entry_hardlink(entry)) {
      WYE_CHECK(stage_hard_link(hard, number, *name));
    } else if (kind == AE_IFLNK) {
      const auto* target = ::archive_entry_symlink(entry);
      if (target == nullptr) return damaged(reader);
      WYE_CHECK(check_link(*name, target));
      if (::symlinkat(target, staging_.get(), number.c_str()) != 0) return file_error(errno, *name);
    } else if (kind == AE_IFREG) {
      WYE_CHECK(stage_file(reader, entry, number, staged));
    } else if (!staged.is_dir) {
      return bad_file_request("archive_refused",
                              "the archive's entry " + *name + " is no file, directory or link");
    }
    number_of_[*name] = seen_;
    staged_[seen_] = std::move(staged);
    return {};
  }

  // Refuses a name below a file or link of this archive, and a file or link where it has a directory: the
  // renaming would stop there.
  Result<void> check_against_others(const std::string& name, bool is_dir) {
    const auto clashes = [&name] {
      return bad_file_request("archive_refused", "the archive's entry " + name + " is in the way of another");
    };
    const auto same = number_of_.find(name);
    if (same != number_of_.end() && staged_[same->second].is_dir != is_dir) return clashes();
    if (!is_dir && directories_.count(name) > 0) return clashes();
    for (auto above = parent_of(name); !above.empty(); above = parent_of(above)) {
      const auto found = number_of_.find(above);
      if (found != number_of_.end() && !staged_[found->second].is_dir) return clashes();
      if (!directories_.insert(above).second) break;
      if (directories_.size() > kMaxArchiveEntries) return too_many_entries();
    }
    return {};
  }

  Result<void> stage_hard_link(const char* target, const std::string& number, const std::string& name) {
    WYE_TRY(const auto other, unpacked_name(target, into_.strip));
    const auto found = other ? number_of_.find(*other) : number_of_.end();
    if (found == number_of_.end() || staged_[found->second].is_dir)
      return bad_file_request("archive_refused", "the archive's entry " + name +
                                                     " is a link to a file that is not in the archive");
    if (::linkat(staging_.get(), std::to_string(found->second).c_str(), staging_.get(), number.c_str(), 0) !=
        0)
      return file_error(errno, name);
    return {};
  }

  Result<void> stage_file(archive* reader, archive_entry* entry, const std::string& number,
                          const Staged& staged) {
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
  std::size_t seen_ = 0;
  std::int64_t bytes_ = 0;
  std::map<std::size_t, Staged> staged_;          // by number, in the archive's order
  std::set<std::string> directories_;             // that names lead through
  std::map<std::string, std::size_t> number_of_;  // the last one of each name
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
  NewPlace place{.nearest = std::move(root), .missing = into.missing, .name = {}};
  WYE_TRY(const auto path, VmPath::parse("/"));
  WYE_TRY(const auto made, make_missing(place, path));
  return unpacking.rename_all(made);
}

}  // namespace

Result<void> unpack_archive(int archive, ArchiveFormat format, const UnpackInto& into) {
  const auto hidden = hidden_name();
  if (::mkdirat(into.nearest.get(), hidden.c_str(), 0700) != 0) return file_error(errno, "dest_path");
  const UniqueFd staging(
      ::openat(into.nearest.get(), hidden.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  auto done =
      staging ? unpack_through(staging, archive, format, into) : Result<void>(file_error(errno, hidden));
  const auto cleaned = remove_tree(into.nearest, hidden);
  return done ? cleaned : done;
}

}  // namespace wye::vm
