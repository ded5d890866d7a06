#pragma once

#include <map>
#include <optional>
#include <string>

#include "wye/result.h"
#include "wye/telemetry.h"

namespace wye::control {

/// The categories that are on; nothing when telemetry is off.
using TelemetrySettings = std::optional<std::map<std::string, TelemetryCategory>>;

/// Applies the table of wire-api §3, column Create.
[[nodiscard]] Result<TelemetrySettings> telemetry_on_create(const TelemetryRequest& request);
/// Applies the table of wire-api §3, column Update.
[[nodiscard]] Result<TelemetrySettings> telemetry_on_update(const TelemetryRequest& request,
                                                            const TelemetrySettings& current);

/// Reads which categories an agent says are on (vm-api §8). It is hostile: what could not
/// be set is left out.
[[nodiscard]] Result<TelemetrySettings> telemetry_of_agent(std::string_view answer);

/// Returns what the Browser object shows: every settable category explicitly, `platform` only when it is on;
/// nothing when telemetry is off.
[[nodiscard]] std::optional<TelemetryState> telemetry_state(const TelemetrySettings& settings);

}  // namespace wye::control
