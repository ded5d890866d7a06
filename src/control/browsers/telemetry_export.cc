#include "control/browsers/telemetry_export.h"

#include "base/try.h"

namespace wye::control {
namespace {

Error bad(std::string message) {
  return {.kind = ErrorKind::invalid, .code = "bad_request", .message = std::move(message)};
}

}  // namespace

Result<std::string> export_after(const TelemetryRequest& request, bool telemetry_on,
                                 const std::string& current, ExportStore& destinations) {
  if (!request.export_ || !request.export_->otlp) return current;
  const auto& otlp = *request.export_->otlp;
  const auto& named = otlp.destination;
  const bool names_one = named && (named->id || named->name);
  if (otlp.enabled == false) {
    if (names_one) return bad("telemetry.export.otlp.enabled=false goes without a destination");
    return std::string();
  }
  if (!otlp.enabled && !names_one) return current;
  if (!telemetry_on)
    return bad("telemetry.export needs telemetry: set telemetry.enabled, or name categories");
  if (!names_one) {
    if (!current.empty()) return current;
    return bad("telemetry.export.otlp.destination must name a destination by id or name");
  }
  if (named->id && named->name) return bad("telemetry.export.otlp.destination takes id or name, not both");
  std::optional<Destination> found;
  if (named->id) {
    WYE_TRY(found, destinations.by_id(*named->id));
  } else {
    WYE_TRY(found, destinations.by_name(*named->name));
  }
  if (!found) return bad("telemetry.export.otlp.destination: there is no such destination");
  return found->id;
}

}  // namespace wye::control
