#pragma once

#include <boost/asio/io_context.hpp>

#include "vm/cdp/cdp_relay.h"
#include "vm/chromium/browser.h"
#include "vm/lifecycle/server_watch.h"
#include "vm/process/processes.h"
#include "vm/served_calls.h"
#include "vm/telemetry/telemetry_stream.h"

namespace wye::vm {

/// Calls by which the host's server asks the agent itself: whether it is ready, whether it lives, what it
/// counts, and to report how its connections end before it is killed. All must outlive the calls.
struct LifecycleParts {
  Browser& browser;
  CdpRelay& relay;
  TelemetryHub& telemetry;
  TelemetryStreams& streams;
  ServerWatch& servers;
  Processes& processes;
  const std::int64_t& chromium_ends;
};
void register_lifecycle_calls(ServedCalls& calls, LifecycleParts parts);

}  // namespace wye::vm
