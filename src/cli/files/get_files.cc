#include "cli/files/get_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/digest.h"
#include "base/encoding.h"
#include "base/try.h"
#include "base/unique_fd.h"

namespace wye::cli {
namespace {

constexpr std::size_t kPiece = 64 * 1024;
constexpr std::size_t kTagDigits = 12;

Error local_error(const std::string& doing, const std::string& path) {
  return {.kind = ErrorKind::invalid,
          .code = "local_file",
          .message = "cannot " + doing + ' ' + path + ": " + std::strerror(errno)};
}

// The name holds the file's version, since the bytes of another one must not be gone on with.
std::string part_path(const std::string& local, const std::string& tag) {
  return local + (tag.empty() ? "" : '.' + hex(sha256(tag)).substr(0, kTagDigits)) + ".part";
}

std::int64_t size_of_part(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) ? status.st_size : 0;
}

Result<void> write_all(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const auto wrote = ::write(fd, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return local_error("write", path);
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return {};
}

}  // namespace

bool is_entry_name(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string_view::npos &&
         name.find('\0') == std::string_view::npos;
}

std::string remote_path(const std::string& directory, std::string_view name) {
  return directory + (directory.ends_with('/') ? "" : "/") + std::string(name);
}

Result<FileDownload> FileGetter::open(const std::string& remote, const FilePart& part) const {
  return files_.read(session_id_, remote, part);
}

// Opens the file again behind the bytes that were read. Each try counts, and has the client's own retries.
Result<FileDownload> FileGetter::reopen(const std::string& remote, const FilePart& rest, int& lost) const {
  for (;;) {
    auto again = open(remote, rest);
    if (again && again->first() != rest.first)
      return Error{.kind = ErrorKind::conflict,
                   .code = "file_changed",
                   .message = remote + " has changed while it was read; get it again"};
    if (again || again.error().kind != ErrorKind::disconnected || ++lost > kMostResumes) return again;
  }
}

// Reads to the end of the file, on new connections where one is lost.
Result<void> FileGetter::copy(const std::string& remote, FileDownload download, const Take& take) {
  std::array<char, kPiece> piece;
  FilePart rest{.first = download.first(), .tag = download.tag()};
  for (int lost = 0;;) {
    const auto got = download.read(piece);
    if (got && *got == 0) return {};
    if (!got) {
      if (got.error().kind != ErrorKind::disconnected || rest.tag.empty() || ++lost > kMostResumes)
        return got.error();
      WYE_TRY(download, reopen(remote, rest, lost));
      continue;
    }
    WYE_CHECK(take({piece.data(), *got}));
    rest.first += static_cast<std::int64_t>(*got);
    progress_.add(static_cast<std::int64_t>(*got));
    lost = 0;
  }
}

Result<void> FileGetter::get_file(const std::string& remote, const std::string& local, bool executable) {
  WYE_TRY(auto download, open(remote, {}));
  auto part = part_path(local, download.tag());
  const auto have = download.tag().empty() ? 0 : size_of_part(part);
  if (have > 0 && have < download.size()) {
    WYE_TRY(download, open(remote, {.first = have, .tag = download.tag()}));
    part = part_path(local, download.tag());  // it may have changed in between
  }
  const bool is_whole = have > 0 && have == download.size();
  const bool goes_on = is_whole || download.first() > 0;
  const UniqueFd file(::open(part.c_str(),
                             O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | (goes_on ? O_APPEND : O_TRUNC),
                             executable ? 0777 : 0666));
  if (!file) return local_error("write", part);
  progress_.begin(remote, download.size(), goes_on ? have : 0);
  if (!is_whole)
    WYE_CHECK(copy(remote, std::move(download),
                   [&](std::string_view bytes) { return write_all(file.get(), bytes, part); }));
  if (::rename(part.c_str(), local.c_str()) != 0) return local_error("write", local);
  progress_.end();
  return {};
}

Result<void> FileGetter::get_bytes(const std::string& remote, const Take& take) {
  WYE_TRY(auto download, open(remote, {}));
  progress_.begin(remote, download.size());
  WYE_CHECK(copy(remote, std::move(download), take));
  progress_.end();
  return {};
}

Result<void> FileGetter::get_directory(const std::string& remote, const std::string& local) {
  return get_tree(remote, local, 0);
}

Result<void> FileGetter::get_tree(const std::string& remote, const std::string& local, std::size_t depth) {
  if (depth > kDeepest)
    return Error{.kind = ErrorKind::invalid,
                 .code = "too_deep",
                 .message = remote + " is more than 64 directories deep"};
  WYE_TRY(const auto entries, files_.list(session_id_, remote));
  if (::mkdir(local.c_str(), 0777) != 0 && errno != EEXIST) return local_error("make", local);
  for (const auto& entry : entries) {
    if (!is_entry_name(entry.name))
      return Error{.kind = ErrorKind::internal,
                   .code = "bad_answer",
                   .message = "the VM lists an entry whose name is no name"};
    const auto from = remote_path(remote, entry.name), to = local + '/' + entry.name;
    const char kind = entry.mode.empty() ? '-' : entry.mode.front();
    if (kind == 'd' || (kind == '-' && entry.is_dir)) {
      WYE_CHECK(get_tree(from, to, depth + 1));
    } else if (kind == '-') {
      WYE_CHECK(get_file(from, to, entry.mode.size() > 3 && entry.mode[3] == 'x'));
    } else {
      notice_(from + " is no file and no directory: left out");
    }
  }
  return {};
}

}  // namespace wye::cli
