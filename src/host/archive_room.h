#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <limits>

namespace wye::host {

/// How many bytes of the archive one living session may take. The keeper makes it less while the whole
/// archive is beyond its size and only living sessions are left in it. Thread-safe.
class ArchiveRoom {
 public:
  static constexpr std::int64_t kSessionBytes = 2LL << 30;

  explicit ArchiveRoom(std::int64_t session_bytes = kSessionBytes) : session_bytes_(session_bytes) {}
  [[nodiscard]] std::int64_t bytes() const { return std::min(session_bytes_, share_.load()); }
  void set_share(std::int64_t bytes) { share_ = bytes; }
  void lift_share() { share_ = std::numeric_limits<std::int64_t>::max(); }

 private:
  const std::int64_t session_bytes_;
  std::atomic<std::int64_t> share_ = std::numeric_limits<std::int64_t>::max();
};

}  // namespace wye::host
