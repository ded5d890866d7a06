#include "control/descriptor_shares.h"

#include <sys/resource.h>

#include <algorithm>

namespace wye::control {
namespace {

// Descriptors for everything but connections: the store, threads, and for each session its spool, its VM and
// the making of it.
constexpr std::size_t kOwnDescriptors = 256, kDescriptorsPerSession = 8;

// Raises the limit to as many as this process may have, and returns it.
std::size_t raise_open_files() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_max;
}

}  // namespace

DescriptorShares::DescriptorShares(std::size_t max_sessions) : DescriptorShares(split(max_sessions)) {}

DescriptorShares::Split DescriptorShares::split(std::size_t max_sessions) {
  const auto open_files = raise_open_files();
  const auto all =
      open_files - std::min(open_files / 2, kOwnDescriptors + kDescriptorsPerSession * max_sessions);
  const auto control_plane = std::max(all / 8, std::min<std::size_t>(all / 2, 16));
  return {control_plane, all - control_plane};
}

}  // namespace wye::control
