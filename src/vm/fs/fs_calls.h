#pragma once

#include "vm/fs/archive_calls.h"
#include "vm/served_calls.h"

namespace wye::vm {

/// Registers the calls of vm-api §10. `archives`, and what it refers to, must outlive the calls.
void register_fs_calls(ServedCalls& calls, ArchiveCalls& archives);

}  // namespace wye::vm
