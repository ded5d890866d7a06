#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string_view>

#include "vm/fs/vm_path.h"

namespace wye::vm {

/// A file that has no name until it is whole. Without `commit` nothing was done: its directories are made
/// with it, and what had its name stays until then.
class NewFile {
 public:
  /// Opens it in the nearest directory that is there. 400 where a directory or something that is no regular
  /// file has the name; a link with that name is replaced, never written through. On a file thread.
  [[nodiscard]] static Result<NewFile> open(const VmPath& path, mode_t mode);

  /// Opens it in `home`, for content whose name is not known yet. On a file thread.
  [[nodiscard]] static Result<NewFile> open_unplaced(const VmPath& home, mode_t mode);
  /// Says where such a file goes, with the same errors as `open`. Copies what was written when that is
  /// another file system, so that `commit` needs no room. On a file thread.
  [[nodiscard]] Result<void> place(const VmPath& path);

  /// Appends; waits for nothing but memory. On any thread.
  [[nodiscard]] Result<void> write(std::string_view bytes);
  /// Tells whether that many bytes more fit as far as is known now; `disk_full` otherwise.
  [[nodiscard]] Result<void> expect(std::uint64_t bytes) const;

  /// Gives it its name. On a file thread.
  [[nodiscard]] Result<void> commit();
  /// Returns the file as it is, without a name, and from its beginning.
  [[nodiscard]] Result<UniqueFd> take() &&;

 private:
  NewFile(VmPath path, mode_t mode, UniqueFd file)
      : path_(std::move(path)), mode_(mode), file_(std::move(file)) {}
  [[nodiscard]] Result<void> move_to(const UniqueFd& directory);

  VmPath path_;  // where it goes or, before that is known, where it is
  mode_t mode_;
  NewPlace place_;
  UniqueFd file_;
};

/// Returns a name for what is made beside its final place; nobody has it.
[[nodiscard]] std::string hidden_name();

}  // namespace wye::vm
