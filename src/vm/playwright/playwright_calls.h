#pragma once

#include "vm/playwright/executors.h"
#include "vm/served_calls.h"

namespace wye::vm {

/// Registers the calls below `/playwright` (vm-api §12).
void register_playwright_calls(ServedCalls& calls, Executors& executors);

}  // namespace wye::vm
