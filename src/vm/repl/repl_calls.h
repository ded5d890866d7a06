#pragma once

#include "vm/repl/repl.h"
#include "vm/served_calls.h"

namespace wye::vm {

/// Registers `POST /repl` (wire-api §23).
void register_repl_calls(ServedCalls& calls, Repl& repl);

}  // namespace wye::vm
