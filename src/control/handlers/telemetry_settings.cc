#include "control/handlers/telemetry_settings.h"

#include <algorithm>

#include "base/try.h"
#include "wire/telemetry_types.h"

namespace wye::control {
namespace {

Error bad(std::string message) {
  return {.kind = ErrorKind::invalid, .code = "bad_request", .message = std::move(message)};
}

using Categories = std::map<std::string, TelemetryCategory>;

Result<void> check(const TelemetryRequest& request) {
  return request.browser ? wire::check_telemetry_categories(*request.browser) : Result<void>();
}

Categories defaults() {
  Categories out;
  for (const auto& category : wire::telemetry_categories())
    if (category.by_default) out[std::string(category.name)] = {true};
  return out;
}

// `given` over `base`; all off is off.
TelemetrySettings layered(Categories base, const std::optional<Categories>& given) {
  if (given)
    for (const auto& [name, setting] : *given) base[name] = setting;
  std::erase_if(base, [](const auto& entry) { return !entry.second.enabled; });
  return base.empty() ? TelemetrySettings() : TelemetrySettings(std::move(base));
}

bool names_some(const TelemetryRequest& request) { return request.browser && !request.browser->empty(); }

}  // namespace

Result<TelemetrySettings> telemetry_on_create(const TelemetryRequest& request) {
  return telemetry_on_update(request, TelemetrySettings());
}

Result<TelemetrySettings> telemetry_on_update(const TelemetryRequest& request,
                                              const TelemetrySettings& current) {
  WYE_CHECK(check(request));
  if (request.enabled == false && names_some(request))
    return bad("telemetry.enabled=false goes without categories");
  if (request.enabled == false) return TelemetrySettings();
  if (request.enabled == true) return layered(defaults(), request.browser);
  if (!names_some(request)) return current;
  return layered(current ? *current : defaults(), request.browser);
}

std::optional<TelemetryState> telemetry_state(const TelemetrySettings& settings) {
  if (!settings) return std::nullopt;
  TelemetryState state;
  Categories shown;
  for (const auto& category : wire::telemetry_categories()) {
    if (!category.settable) continue;
    const std::string name(category.name);
    const auto found = settings->find(name);
    const bool on = found != settings->end() && found->second.enabled;
    if (on || name != "platform") shown[name] = {on};
  }
  state.browser = std::move(shown);
  return state;
}

}  // namespace wye::control
