#include "vm/telemetry/telemetry_handlers.h"

#include <boost/json/serialize.hpp>

#include "base/timestamp.h"
#include "base/try.h"
#include "events/paging.h"
#include "vm/telemetry/categories.h"
#include "wire/describe.h"
#include "wire/telemetry_types.h"

namespace wye::vm {

namespace json = boost::json;

namespace {

Error bad(std::string message) {
  return {.kind = ErrorKind::invalid, .code = "bad_request", .message = std::move(message)};
}
Error unconfigured() {
  return {.kind = ErrorKind::not_found, .code = "not_found", .message = "telemetry is not configured"};
}

// `Retry-After` is the longest time for which one record can make the budget negative.
net::Response refused(std::string why) {
  auto response = net::error_response(
      {.kind = ErrorKind::overloaded, .code = "rate_limit_exceeded", .message = std::move(why)});
  response.headers.set("Retry-After", "2");
  return response;
}

using Settings = std::map<std::string, TelemetryCategory>;

// Reads `{browser:{<category>:{enabled}}}`; nothing when `browser` is absent.
Result<std::optional<Settings>> read_settings(std::string_view body) {
  WYE_TRY(const auto request, wire::from_text<TelemetryRequest>(body.empty() ? "{}" : body));
  if (request.browser) WYE_CHECK(wire::check_telemetry_categories(*request.browser));
  return request.browser;
}

std::optional<TelemetryCommands> commands_of(const Settings& settings) {
  const auto control = settings.find("control");
  return control == settings.end() ? std::nullopt : control->second.cdp;
}

struct NewEvent {
  std::optional<std::string> type, category;
  std::optional<TelemetrySource> source;
  std::optional<json::value> data;
};
BOOST_DESCRIBE_STRUCT(NewEvent, (), (type, category, source, data))

Result<TelemetryEvent> read_event(std::string_view body) {
  WYE_TRY(auto event, wire::from_text<NewEvent>(body));
  if (!event.type || event.type->empty()) return bad("type is required");
  TelemetryEvent out{.type = *event.type};
  const auto known = wire::telemetry_category_of(out.type);
  if (known.empty() && !event.category) return bad("category is required for a type that is not known");
  out.category = known.empty() ? *event.category : std::string(known);
  if (settable_categories().count(out.category) == 0 && out.category != "monitor")
    return bad("category is not one of telemetry's");
  const auto name_is_plain =
      out.type.size() <= 64 &&
      out.type.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") ==
          std::string::npos;
  if (!name_is_plain) return bad("type is at most 64 letters, digits, '_', '.' or '-'");
  out.source = event.source.value_or(TelemetrySource{.kind = "extension"});
  if (out.source.kind == "kernel_api") return bad("source.kind kernel_api is reserved");
  if (out.source.kind != "cdp" && out.source.kind != "extension" && out.source.kind != "local_process")
    return bad("source.kind must be cdp, extension or local_process");
  out.data = std::move(event.data);
  return out;
}

}  // namespace

net::Response TelemetryHandlers::state_with(int status) const {
  json::object browser;
  for (const auto& name : settable_categories()) {
    if (name == "platform" && !hub_.wants(name)) continue;
    TelemetryCategory shown{.enabled = hub_.wants(name)};
    if (name == "control") shown.cdp = hub_.commands();
    browser[name] = wire::to_json(shown);
  }
  json::object state{{"config", json::object{{"browser", browser}}},
                     {"seq", hub_.last_seq()},
                     {"dropped_events", hub_.dropped()},
                     {"applied_at", rfc3339(hub_.applied_at())}};
  return net::json_response(status, json::serialize(state));
}

net::Response TelemetryHandlers::state() const {
  return hub_.categories() ? state_with(200) : net::error_response(unconfigured());
}

net::Response TelemetryHandlers::put(std::string_view body) {
  const auto settings = read_settings(body);
  if (!settings) return net::error_response(settings.error());
  const bool was_configured = hub_.categories().has_value();
  if (!*settings) {
    hub_.configure(default_categories());
  } else {
    Categories wanted;
    for (const auto& [name, setting] : **settings)
      if (setting.enabled) wanted.insert(name);
    hub_.configure(std::move(wanted), commands_of(**settings));
  }
  return state_with(was_configured || !hub_.categories() ? 200 : 201);
}

net::Response TelemetryHandlers::patch(std::string_view body) {
  if (!hub_.categories()) return net::error_response(unconfigured());
  const auto settings = read_settings(body);
  if (!settings) return net::error_response(settings.error());
  auto wanted = *hub_.categories();
  auto commands = hub_.commands();
  if (*settings) {
    for (const auto& [name, setting] : **settings)
      setting.enabled ? (void)wanted.insert(name) : (void)wanted.erase(name);
    if ((*settings)->contains("control"))
      commands = commands_of(**settings);  // replaces the setting as a whole
  }
  hub_.configure(std::move(wanted), std::move(commands));
  return state_with(200);
}

net::Response TelemetryHandlers::post_event(std::string_view body) {
  auto event = read_event(body);
  if (!event) return net::error_response(event.error());
  const bool is_wanted = hub_.wants(event->category);
  if (is_wanted && !posted_.allows(clock_.steady())) {
    hub_.count_dropped(1);
    return refused("events are posted faster than " + std::to_string(static_cast<int>(kPostedPerSecond)) +
                   " bytes a second; wait, and post less");
  }
  const auto published = hub_.publish(std::move(*event));
  if (!published) return refused(published.error().message);
  if (!*published) return {204, {}, ""};
  auto text = wire::to_text(**published);
  posted_.spend(text.size() + kBesideText);
  return net::json_response(200, std::move(text));
}

net::Response TelemetryHandlers::events(std::string_view query_text) {
  const auto query = events::parse_page_query(query_text, clock_.unix_micros());
  if (!query) return net::error_response(query.error());
  const auto page = events::read_page(hub_.log(), *query);
  if (!page) return net::error_response(page.error());
  auto response = net::json_response(200, events::page_body(*page));
  for (auto& [name, value] : events::page_headers(*page, *query)) response.headers.add(name, value);
  return response;
}

}  // namespace wye::vm
