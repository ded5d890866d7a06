#pragma once

#include "vm/process/exec.h"
#include "vm/process/processes.h"
#include "vm/served_calls.h"

namespace wye::vm {

/// Registers the calls about processes (wire-api §6, vm-api §9). What it is given must outlive the calls.
void register_process_calls(ServedCalls& calls, boost::asio::io_context& io, Commands& commands, Exec& exec,
                            Processes& processes);

}  // namespace wye::vm
