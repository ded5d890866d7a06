#pragma once

#include "vm/fs/file_threads.h"
#include "vm/served_calls.h"

namespace wye::vm {

/// Registers the calls of vm-api §10. `threads` must outlive the calls.
void register_fs_calls(ServedCalls& calls, FileThreads& threads);

}  // namespace wye::vm
