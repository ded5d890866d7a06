#include "control/handlers/telemetry_settings.h"

#include <algorithm>
#include <array>

#include "base/try.h"

namespace wye::control {
namespace {

constexpr std::array<const char*, 4> kDefault{"control", "connection", "system", "captcha"};
constexpr std::array<const char*, 10> kSettable{"control",    "connection", "system", "captcha",
                                                "network",    "console",    "page",   "interaction",
                                                "screenshot", "platform"};

Error bad(std::string message, std::string code = "bad_request") {
  return {.kind = ErrorKind::invalid, .code = std::move(code), .message = std::move(message)};
}

using Categories = std::map<std::string, TelemetryCategory>;

Result<void> check(const TelemetryRequest& request) {
  if (request.export_ && request.export_->otlp && request.export_->otlp->enabled.value_or(false))
    return Error{.kind = ErrorKind::unsupported,
                 .code = "feature_unavailable",
                 .message = "telemetry.export is not available here"};
  if (!request.browser) return {};
  for (const auto& [name, setting] : *request.browser) {
    const auto is = [&, wanted = std::string_view(name)](const char* known) { return wanted == known; };
    if (std::none_of(kSettable.begin(), kSettable.end(), is))
      return bad("telemetry.browser." + name.substr(0, 64) + " is not a category");
    if (setting.enabled && std::none_of(kDefault.begin(), kDefault.end(), is))
      return bad("telemetry.browser." + name +
                     " is not available yet; available: control, connection, system, captcha",
                 "unsupported_value");
  }
  return {};
}

Categories defaults() {
  Categories out;
  for (const auto* name : kDefault) out[name] = {true};
  return out;
}

// `given` over `base`; all off is off.
TelemetrySettings layered(Categories base, const std::optional<Categories>& given) {
  if (given)
    for (const auto& [name, setting] : *given) base[name] = setting;
  std::erase_if(base, [](const auto& entry) { return !entry.second.enabled; });
  return base.empty() ? TelemetrySettings() : TelemetrySettings(std::move(base));
}

bool every_given_is_off(const std::optional<Categories>& given) {
  return given && !given->empty() &&
         std::all_of(given->begin(), given->end(), [](const auto& entry) { return !entry.second.enabled; });
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
  if (every_given_is_off(request.browser) && request.browser->size() >= kDefault.size() &&
      std::all_of(kDefault.begin(), kDefault.end(),
                  [&](const char* name) { return request.browser->count(name) != 0; }))
    return TelemetrySettings();
  if (request.enabled == true) return layered(defaults(), request.browser);
  if (!names_some(request)) return current;
  return layered(current ? *current : defaults(), request.browser);
}

std::optional<TelemetryState> telemetry_state(const TelemetrySettings& settings) {
  if (!settings) return std::nullopt;
  TelemetryState state;
  Categories shown;
  for (const auto* name : kSettable) {
    const auto found = settings->find(name);
    const bool on = found != settings->end() && found->second.enabled;
    if (on || std::string_view(name) != "platform") shown[name] = {on};
  }
  state.browser = std::move(shown);
  return state;
}

}  // namespace wye::control
