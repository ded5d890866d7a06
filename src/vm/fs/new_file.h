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

  /// Appends; waits for nothing but memory. On any thread.
  [[nodiscard]] Result<void> write(std::string_view bytes);
  /// Tells whether that many bytes more fit as far as is known now; `disk_full` otherwise.
  [[nodiscard]] Result<void> expect(std::uint64_t bytes) const;

  /// Gives it its name. On a file thread.
  [[nodiscard]] Result<void> commit();

 private:
  NewFile(VmPath path, NewPlace place, UniqueFd file)
      : path_(std::move(path)), place_(std::move(place)), file_(std::move(file)) {}

  VmPath path_;
  NewPlace place_;
  UniqueFd file_;
};

/// Returns a name for what is made beside its final place; nobody has it.
[[nodiscard]] std::string hidden_name();
/// Gives `file`, which has no name, the name in the directory, in place of a file or link of that name.
[[nodiscard]] Result<void> give_name(const UniqueFd& file, int directory, const std::string& name);

}  // namespace wye::vm
