#pragma once

#include <cstdint>

namespace wye {

/// The kernel's number of the network (the network namespace) that a socket belongs to, the same as long as
/// the machine runs and never given again; 0 where the kernel cannot tell (before Linux 5.14), or it is no
/// socket.
[[nodiscard]] std::uint64_t network_of(int socket);
/// The same of a socket made by this thread now.
[[nodiscard]] std::uint64_t own_network();

}  // namespace wye
