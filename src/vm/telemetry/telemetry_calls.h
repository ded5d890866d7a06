#pragma once

#include "vm/served_calls.h"
#include "vm/telemetry/collector/collector.h"
#include "vm/telemetry/telemetry_handlers.h"
#include "vm/telemetry/telemetry_stream.h"

namespace wye::vm {

/// Registers telemetry over HTTP (vm-api §8). All must outlive the calls.
void register_telemetry_calls(ServedCalls& calls, TelemetryHandlers& handlers, TelemetryStreams& streams,
                              Collector& collector);

}  // namespace wye::vm
