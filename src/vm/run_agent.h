#pragma once

#include "base/clock.h"
#include "base/log.h"
#include "base/unique_fd.h"
#include "vm/logs/service_log.h"
#include "wire/agent_config.h"

namespace wye::vm {

/// Serves the VM's API on the listening socket until SIGTERM: Chromium, DevTools, curl, telemetry. Returns
/// the exit code.
int run_agent(const wire::AgentConfig& config, UniqueFd listener, UniqueFd spool, const Clock& clock,
              const Log& log, ServiceLogs& logs);

}  // namespace wye::vm
