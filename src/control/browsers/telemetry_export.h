#pragma once

#include <string>

#include "control/store/export_store.h"
#include "wye/telemetry.h"

namespace wye::control {

/// Returns where a session exports to after a create (`current` is "") or an update: a destination's id, or
/// "". `telemetry_on` says whether telemetry will be on. Errors name the field.
[[nodiscard]] Result<std::string> export_after(const TelemetryRequest& request, bool telemetry_on,
                                               const std::string& current, ExportStore& destinations);

}  // namespace wye::control
