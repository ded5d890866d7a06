#pragma once

#include "vm/fs/archive_calls.h"
#include "vm/fs/watches.h"
#include "vm/served_calls.h"

namespace wye::vm {

/// Registers the calls of vm-api §10. What is given, and what it refers to, must outlive the calls.
void register_fs_calls(ServedCalls& calls, ArchiveCalls& archives, Watches& watches);

}  // namespace wye::vm
