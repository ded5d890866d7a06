#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace wye::bench {

struct LoadResult {
  std::uint64_t requests = 0;
  std::uint64_t failures = 0;  ///< Anything but a 200 of the expected size.
  double seconds = 0;
  std::vector<std::uint32_t> latency_ns;  ///< Sorted; of every request.

  [[nodiscard]] double per_second() const { return static_cast<double>(requests) / seconds; }
  [[nodiscard]] double percentile_us(double part) const;
};

/// Sends the request repeatedly over `connections` kept-alive connections to a port of this host, one at a
/// time on each, and waits for answers with a body of `body_bytes`.
LoadResult run_load(std::uint16_t port, const std::string& request, std::size_t body_bytes,
                    unsigned connections, double seconds);

}  // namespace wye::bench
