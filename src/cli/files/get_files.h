#pragma once

#include <functional>
#include <string>

#include "cli/files/progress.h"
#include "wye/browser_files.h"

namespace wye::cli {

/// Fetches files and directories of a VM. Everything that the VM says of them is taken as hostile: a name
/// that would lead out of the local directory is an error, links and special files are left out.
class FileGetter {
 public:
  static constexpr int kMostResumes = 5;       ///< In a row, without a byte between.
  static constexpr std::size_t kDeepest = 64;  ///< Directories within each other.
  /// Called with a sentence about something that is left out.
  using Notice = std::function<void(const std::string& text)>;

  FileGetter(Files files, std::string session_id, Progress& progress, Notice notice)
      : files_(std::move(files)),
        session_id_(std::move(session_id)),
        progress_(progress),
        notice_(std::move(notice)) {}

  /// Fetches a file. Its bytes go to `LOCAL.….part` first, by which a later call goes on where this one was
  /// cut off, as long as the file is the same.
  [[nodiscard]] Result<void> get_file(const std::string& remote, const std::string& local, bool executable);
  /// Fetches a directory with everything in it.
  [[nodiscard]] Result<void> get_directory(const std::string& remote, const std::string& local);
  /// Fetches a file to a function that takes its bytes.
  using Take = std::function<Result<void>(std::string_view bytes)>;
  [[nodiscard]] Result<void> get_bytes(const std::string& remote, const Take& take);

 private:
  [[nodiscard]] Result<FileDownload> open(const std::string& remote, const FilePart& part) const;
  [[nodiscard]] Result<FileDownload> reopen(const std::string& remote, const FilePart& rest, int& lost) const;
  [[nodiscard]] Result<void> copy(const std::string& remote, FileDownload download, const Take& take);
  [[nodiscard]] Result<void> get_tree(const std::string& remote, const std::string& local, std::size_t depth);

  const Files files_;
  const std::string session_id_;
  Progress& progress_;
  const Notice notice_;
};

/// Tells whether a name that a VM gave names an entry of a directory, and nothing else.
[[nodiscard]] bool is_entry_name(std::string_view name);

/// Returns the path of an entry of a VM's directory.
[[nodiscard]] std::string remote_path(const std::string& directory, std::string_view name);

}  // namespace wye::cli
