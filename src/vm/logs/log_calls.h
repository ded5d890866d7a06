#pragma once

#include "vm/logs/log_streams.h"
#include "vm/served_calls.h"

namespace wye::vm {

/// Registers the calls below `/logs` (vm-api §13).
void register_log_calls(ServedCalls& calls, LogStreams& streams);

}  // namespace wye::vm
