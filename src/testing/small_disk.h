#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace wye::testing {

/// Runs `inside` in a process and a mount namespace of its own, with an empty tmpfs of `bytes` bytes. Returns
/// its result, or false when the process ended in another way. Needs root or user namespaces.
[[nodiscard]] bool on_small_disk(std::int64_t bytes,
                                 const std::function<bool(const std::string& directory)>& inside);

/// Fills the disk of a directory with one file; removing the file frees the room.
void fill_disk(const std::string& file);

}  // namespace wye::testing
