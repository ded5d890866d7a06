#pragma once

#include <string_view>

#include "wye/result.h"

// The calls that change files by name (vm-api §10). Each takes the JSON of its request, and runs on a file
// thread.
namespace wye::vm {

[[nodiscard]] Result<void> create_directory(std::string_view body);
[[nodiscard]] Result<void> delete_file(std::string_view body);
/// A directory that is not there was deleted well.
[[nodiscard]] Result<void> delete_directory(std::string_view body);
/// Between file systems, the file or tree is copied under a hidden name, renamed, and then removed where it
/// was.
[[nodiscard]] Result<void> move_path(std::string_view body);
[[nodiscard]] Result<void> set_file_permissions(std::string_view body);

}  // namespace wye::vm
