#include "vm/fs/file_error.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/encoding.h"

namespace wye::vm {
namespace {

struct Meaning {
  int number;
  const char* code;
  const char* text;
};

constexpr std::array kMeanings{
    Meaning{EACCES, "permission_denied", "the browser's user may not do this"},
    Meaning{EPERM, "permission_denied", "the browser's user may not do this"},
    Meaning{EROFS, "permission_denied", "it is on a read-only file system"},
    Meaning{EEXIST, "already_exists", "it is there already"},
    Meaning{ENOTDIR, "not_a_directory", "a part of the path is no directory"},
    Meaning{EISDIR, "is_a_directory", "it is a directory"},
    Meaning{ENOTEMPTY, "not_empty", "the directory is not empty"},
    Meaning{ENOSPC, "disk_full", "the browser's disk is full"},
    Meaning{EDQUOT, "disk_full", "the browser's disk is full"},
    Meaning{EFBIG, "disk_full", "the file is too large"},
    Meaning{ENAMETOOLONG, "invalid_input", "a name is too long"},
    Meaning{ELOOP, "invalid_input", "the path has a link that is not followed here"},
    Meaning{EINVAL, "invalid_input", "this cannot be done with it"},
    Meaning{EXDEV, "invalid_input", "the path leads out of its directory"},
    Meaning{EBUSY, "invalid_input", "it is in use as a mount point"},
    Meaning{ETXTBSY, "invalid_input", "it is a program that runs"},
    Meaning{ENXIO, "not_a_file", "it is no regular file"},
    Meaning{ENODEV, "not_a_file", "it is no regular file"},
    Meaning{EOPNOTSUPP, "not_a_file", "no files can be made there"}};

// Names come from clients, archives and directories, and may be long or no text at all.
std::string shown(std::string_view path) {
  constexpr std::size_t kMost = 256;
  auto text = utf8_decode(path.substr(0, kMost));
  return path.size() > kMost ? text + "…" : text;
}

}  // namespace

Error file_error(int number, std::string_view path) {
  const auto name = shown(path);
  if (number == ENOENT)
    return {
        .kind = ErrorKind::not_found, .code = "not_found", .message = name + ": no such file or directory"};
  if (number == EMFILE || number == ENFILE) return try_again("the agent has no descriptor left");
  if (number == EAGAIN) return try_again(name + ": a program has it for itself (a lease)");
  const auto* const known = std::find_if(kMeanings.begin(), kMeanings.end(),
                                         [number](const Meaning& one) { return one.number == number; });
  if (known != kMeanings.end()) return bad_file_request(known->code, name + ": " + known->text);
  return {
      .kind = ErrorKind::internal, .code = "internal_error", .message = name + ": " + std::strerror(number)};
}

Error try_again(std::string message) {
  return {.kind = ErrorKind::overloaded,
          .code = "upstream_unavailable",
          .message = std::move(message) + "; try again",
          .status = 503};
}

Error bad_file_request(std::string code, std::string message) {
  return {.kind = ErrorKind::invalid, .code = std::move(code), .message = std::move(message)};
}

Error invalid_input(std::string message) { return bad_file_request("invalid_input", std::move(message)); }

Error not_a_file(std::string_view path) {
  return bad_file_request("not_a_file", shown(path) + ": it is no regular file");
}

}  // namespace wye::vm
