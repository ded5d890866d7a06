#pragma once

#include <string>
#include <string_view>

#include "wye/error.h"

namespace wye::vm {

/// Returns what a call answers for an `errno` of `path` (vm-api §7, §10): 404 for what is missing, 400 with a
/// code for what the caller can change, 500 for the rest.
[[nodiscard]] Error file_error(int number, std::string_view path);

/// 503: the same call may succeed later.
[[nodiscard]] Error try_again(std::string message);
/// 400 with this code.
[[nodiscard]] Error bad_file_request(std::string code, std::string message);
/// 400 `invalid_input`.
[[nodiscard]] Error invalid_input(std::string message);
/// 400 `not_a_file`: a directory entry that is neither a regular file nor a directory.
[[nodiscard]] Error not_a_file(std::string_view path);

}  // namespace wye::vm
