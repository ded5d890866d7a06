#pragma once

#include <map>
#include <optional>
#include <string>

#include "wye/result.h"
#include "wye/telemetry.h"

namespace wye::control {

/// On categories; nothing = telemetry is off.
using TelemetrySettings = std::optional<std::map<std::string, TelemetryCategory>>;

/// The table of wire-api §3, column Create.
[[nodiscard]] Result<TelemetrySettings> telemetry_on_create(const TelemetryRequest& request);
/// The table of wire-api §3, column Update.
[[nodiscard]] Result<TelemetrySettings> telemetry_on_update(const TelemetryRequest& request,
                                                            const TelemetrySettings& current);

/// What an agent says is on (vm-api §8). It is hostile: names that are no settable category are left out.
[[nodiscard]] Result<TelemetrySettings> telemetry_of_agent(std::string_view answer);

/// As the Browser object shows it: every settable category explicitly; `platform` only when on. Nothing when
/// off.
[[nodiscard]] std::optional<TelemetryState> telemetry_state(const TelemetrySettings& settings);

}  // namespace wye::control
