#include "control/browsers/telemetry_settings.h"

#include <algorithm>
#include <boost/describe/class.hpp>

#include "base/try.h"
#include "wire/describe.h"
#include "wire/telemetry_types.h"

namespace wye::control {
namespace {

// What is read of an agent's `GET /telemetry` (vm-api §8).
struct AgentTelemetryConfig {
  std::map<std::string, TelemetryCategory> browser;
};
BOOST_DESCRIBE_STRUCT(AgentTelemetryConfig, (), (browser))
struct AgentTelemetry {
  AgentTelemetryConfig config;
};
BOOST_DESCRIBE_STRUCT(AgentTelemetry, (), (config))

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

// Lays `given` over `base`; when all are off, telemetry is off.
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

Result<TelemetrySettings> telemetry_of_agent(std::string_view answer) {
  WYE_TRY(const auto said, wire::from_text<AgentTelemetry>(answer));
  Categories on;
  for (const auto& [name, setting] : said.config.browser) {
    const auto* known = wire::find_telemetry_category(name);
    if (setting.enabled && known != nullptr && known->settable &&
        wire::check_telemetry_categories({{name, setting}}))
      on[name] = setting;
  }
  return on.empty() ? TelemetrySettings() : TelemetrySettings(std::move(on));
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
    if (on || name != "platform") shown[name] = on ? found->second : TelemetryCategory();
  }
  state.browser = std::move(shown);
  return state;
}

}  // namespace wye::control
