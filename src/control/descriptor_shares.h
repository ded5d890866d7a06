#pragma once

#include <cstddef>

#include "net/descriptor_budget.h"

namespace wye::control {

/// How many descriptors the connections of each plane may take. They are separate, so that clients of one
/// plane never shut out those of the other.
struct DescriptorShares {
  /// Divides the descriptors that this process may have, without those that the sessions and the server
  /// itself need. Raises the process's limit to its maximum first.
  explicit DescriptorShares(std::size_t max_sessions);
  net::DescriptorBudget control_plane, metro;

 private:
  struct Split {
    std::size_t control_plane, metro;
  };
  static Split split(std::size_t max_sessions);
  explicit DescriptorShares(Split split) : control_plane(split.control_plane), metro(split.metro) {}
};

}  // namespace wye::control
