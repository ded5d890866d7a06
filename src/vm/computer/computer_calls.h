#pragma once

#include "vm/computer/computer.h"
#include "vm/served_calls.h"

namespace wye::vm {

/// Registers the calls about mouse, keyboard, screen and clipboard (vm-api §11).
void register_computer_calls(ServedCalls& calls, Computer& computer);

}  // namespace wye::vm
