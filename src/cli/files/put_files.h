#pragma once

#include <functional>
#include <optional>
#include <string>

#include "cli/files/progress.h"
#include "wye/browser_files.h"

namespace wye::cli {

/// Writes files and directories of this machine to a VM. Links to files are followed, those to directories
/// and special files left out.
class FilePutter {
 public:
  /// Called with a sentence about something that is left out.
  using Notice = std::function<void(const std::string& text)>;

  FilePutter(Files files, std::string session_id, Progress& progress, Notice notice)
      : files_(std::move(files)),
        session_id_(std::move(session_id)),
        progress_(progress),
        notice_(std::move(notice)) {}

  /// Writes a file, streamed. Without a mode it keeps its own.
  [[nodiscard]] Result<void> put_file(const std::string& local, const std::string& remote,
                                      const std::optional<std::string>& mode);
  /// Writes what an open descriptor gives, to its end.
  [[nodiscard]] Result<void> put_open(int fd, const std::string& name, std::optional<std::int64_t> size,
                                      const std::string& remote, std::optional<std::string> mode);
  /// Writes a directory with everything in it. What is there and not here stays.
  [[nodiscard]] Result<void> put_directory(const std::string& local, const std::string& remote,
                                           const std::optional<std::string>& mode);

 private:
  const Files files_;
  const std::string session_id_;
  Progress& progress_;
  const Notice notice_;
};

}  // namespace wye::cli
