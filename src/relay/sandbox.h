#pragma once

namespace wye::relay {

/// Takes from all threads of this process whatever a relay does not need: no file can be opened, no socket
/// made or connected, no program run; connections are accepted on `listener` alone. Refused calls are EPERM.
/// False (errno) where the kernel does not do it.
[[nodiscard]] bool enter_sandbox(int listener);

}  // namespace wye::relay
