#pragma once

#include <string>
#include <string_view>

#include "base/unique_fd.h"
#include "wye/result.h"

namespace wye::cli {

/// A file that appears under its name only once it is whole. Without `commit()`, and after Ctrl-C, nothing of
/// it remains and an older file stays. File systems without `O_TMPFILE` are written in place. `-` is standard
/// output.
class OutputFile {
 public:
  [[nodiscard]] static Result<OutputFile> open(std::string path);

  Result<void> write(std::string_view bytes);
  Result<void> commit();

 private:
  OutputFile(std::string path, UniqueFd fd, bool nameless)
      : path_(std::move(path)), fd_(std::move(fd)), nameless_(nameless) {}
  [[nodiscard]] Error failure(int number) const;

  std::string path_;
  UniqueFd fd_;
  bool nameless_;
};

}  // namespace wye::cli
