#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace wye::testing {

/// Runs `inside` in a process and a mount namespace of its own, with an empty tmpfs of so many bytes; its
/// result, or false when it ended otherwise. As root or wherever user namespaces are allowed.
[[nodiscard]] bool on_small_disk(std::int64_t bytes,
                                 const std::function<bool(const std::string& directory)>& inside);

/// Takes all the room there is in a directory, by one file; removing it gives the room back.
void fill_disk(const std::string& file);

}  // namespace wye::testing
