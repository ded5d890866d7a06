#pragma once

#include <string>
#include <string_view>

#include "base/unique_fd.h"
#include "vm/fs/vm_path.h"
#include "wye/result.h"

namespace wye::vm {

/// A file whose lines are read while it grows, and that may be replaced or emptied meanwhile, as by a
/// rotation. Its methods open paths with the rights of the calling thread: call them on a file thread
/// (vm/fs/file_threads.h). They never wait for what is no file.
class LogFile {
 public:
  /// Opens a regular file; the errors of `open_path` and `open_to_read`. `from_end`: only what comes later is
  /// read.
  static Result<LogFile> open(std::string_view path, bool from_end);

  /// Reads the next bytes; "" when there are none now. A file that another one has replaced is first read to
  /// its end.
  [[nodiscard]] std::string read(std::size_t most);
  /// The bytes that it had when it was opened.
  [[nodiscard]] std::size_t size_at_open() const { return size_at_open_; }

 private:
  LogFile(VmPath path, UniqueFd file) : path_(std::move(path)), file_(std::move(file)) {}
  void follow_replacement();

  VmPath path_;
  UniqueFd file_;
  std::size_t at_ = 0, size_at_open_ = 0;
};

}  // namespace wye::vm
