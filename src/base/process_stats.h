#pragma once

#include <cstdint>

namespace wye {

/// The resources of this process, as the kernel counts them. A field that cannot be read is 0.
struct ProcessStats {
  std::uint64_t open_files = 0, max_files = 0;
  std::uint64_t resident_bytes = 0, virtual_bytes = 0;
  std::uint64_t heap_bytes = 0;  ///< As malloc counts it, thread caches included; 0 under a sanitizer.
  std::uint64_t threads = 0;
  double cpu_seconds = 0;
  double start_time_seconds = 0;  ///< Unix time.
};

/// Reads /proc. Works without a free descriptor too; `open_files` is the limit then.
[[nodiscard]] ProcessStats process_stats();

}  // namespace wye
