#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "wye/result.h"
#include "wye/telemetry.h"

namespace wye::vm {

/// Settable categories by the contract (wire-api §3), and those that this build produces.
[[nodiscard]] const std::set<std::string, std::less<>>& settable_categories();
[[nodiscard]] const std::set<std::string, std::less<>>& default_categories();

/// The category that a known event type belongs to; "" for one that is not known.
[[nodiscard]] std::string_view category_of_type(std::string_view type);

/// `bad_request` for a name that is no category, `unsupported_value` for switching on one that this build
/// does not produce.
[[nodiscard]] Result<void> check_categories(const std::map<std::string, TelemetryCategory>& categories);

}  // namespace wye::vm
