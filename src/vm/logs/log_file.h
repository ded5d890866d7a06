#pragma once

#include <string>

#include "base/unique_fd.h"
#include "wye/result.h"

namespace wye::vm {

/// A file whose lines are read while it grows, and that may be replaced or emptied meanwhile, as by a
/// rotation. Never blocks on what is no file.
class LogFile {
 public:
  /// Opens a regular file; 404 when there is none, 400 for anything else, for files of the kernel's (`/proc`)
  /// and for what the path cannot reach. `from_end`: only what comes later is read.
  static Result<LogFile> open(std::string path, bool from_end);

  /// Reads the next bytes; "" when there are none now. A file that another one has replaced is first read to
  /// its end.
  [[nodiscard]] std::string read(std::size_t most);
  /// The bytes that it had when it was opened.
  [[nodiscard]] std::size_t size_at_open() const { return size_at_open_; }

 private:
  LogFile(std::string path, UniqueFd file) : path_(std::move(path)), file_(std::move(file)) {}
  void follow_replacement();

  std::string path_;
  UniqueFd file_;
  std::size_t at_ = 0, size_at_open_ = 0;
};

}  // namespace wye::vm
