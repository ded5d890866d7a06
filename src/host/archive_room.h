#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <limits>

namespace wye::host {

/// The number of bytes that one living session may take of the archive. The keeper lowers it while the whole
/// archive is too large and holds only living sessions. Thread-safe.
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
