#pragma once

#include <signal.h>

namespace wye::torture {

/// Sent with `sigqueue`; its value is the wall clock's offset in seconds.
inline int shift_signal() { return SIGRTMIN + 5; }

}  // namespace wye::torture
