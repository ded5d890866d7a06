#pragma once

#include "vm/chromium/browser.h"
#include "vm/served_calls.h"

namespace wye::vm {

/// Registers the size of the screen (vm-api §17). The browser must outlive the calls.
void register_display_calls(ServedCalls& calls, Browser& browser);

}  // namespace wye::vm
