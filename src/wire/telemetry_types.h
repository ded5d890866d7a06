#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "wye/result.h"
#include "wye/telemetry.h"

// The one list of telemetry's categories, event types and fields (wire-api §3): what the agent produces, the
// control plane accepts, the truth tests check and docs/telemetry.md shows.
namespace wye::wire {

struct TelemetryCategoryInfo {
  std::string_view name;
  bool by_default;  ///< In the default set.
  bool settable;
  bool from_browser;  ///< Needs the collector on Chromium's DevTools.
  std::string_view holds;
  std::string_view costs;
};

struct TelemetryTypeInfo {
  std::string_view type;
  std::string_view category;
  std::string_view source;  ///< The origin of the event: a DevTools method, or the part that reports it.
  /// `name:type` separated by spaces, `*` = always present. `ctx` stands for the fields of the context.
  /// Types: s string, i integer, n number, b boolean, o object; `x[]` arrays.
  std::string_view fields;
  std::string_view when;  ///< "" = this server does not produce it; then `why_not` gives the reason.
  std::string_view why_not;
};

/// The fields of the context (`ctx`).
inline constexpr std::string_view kTelemetryContext =
    "session_id*:s target_id*:s target_type*:s nav_seq*:i frame_id:s loader_id:s url:s";

[[nodiscard]] std::span<const TelemetryCategoryInfo> telemetry_categories();
[[nodiscard]] std::span<const TelemetryTypeInfo> telemetry_types();

/// Returns null for a name that is no category.
[[nodiscard]] const TelemetryCategoryInfo* find_telemetry_category(std::string_view name);
/// Returns the category of a known type; "" for an unknown one.
[[nodiscard]] std::string_view telemetry_category_of(std::string_view type);

/// Fails with `bad_request` for a name that cannot be set, and for a wrong `cdp` (cdp_methods.h).
[[nodiscard]] Result<void> check_telemetry_categories(
    const std::map<std::string, TelemetryCategory>& categories);

/// Returns the tables of docs/telemetry.md, in Markdown.
[[nodiscard]] std::string telemetry_reference();

}  // namespace wye::wire
