#pragma once

#include "vm/chromium/chromium_process.h"
#include "wire/agent_config.h"

namespace wye::vm {

/// Returns the options that the server asked for, with this VM's own paths for what it left out.
[[nodiscard]] ChromiumOptions configured_options(const wire::AgentConfig& config);

}  // namespace wye::vm
