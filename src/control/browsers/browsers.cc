#include "control/browsers/browsers.h"

#include <boost/describe/class.hpp>
#include <boost/json/serialize.hpp>

#include "base/encoding.h"
#include "base/timestamp.h"
#include "base/try.h"
#include "control/api/list_query.h"
#include "control/browsers/browser_rules.h"
#include "control/browsers/telemetry_export.h"
#include "control/browsers/telemetry_settings.h"
#include "events/paging.h"
#include "host/agent_call.h"
#include "wire/describe.h"

namespace wye::control {

namespace json = boost::json;

namespace {

// For an agent's `GET /telemetry` (vm-api §8), which names a few categories.
constexpr auto kAskAgain = std::chrono::seconds(2);
constexpr std::size_t kMaxTelemetryAnswer = 16 * 1024;

Error no_such_browser() {
  return {.kind = ErrorKind::not_found, .code = "not_found", .message = "no such browser"};
}

Error export_was_lost() {
  return {.kind = ErrorKind::conflict,
          .code = "conflict",
          .message = "the browser ended or the destination was deleted in between; nothing is exported anew"};
}

// Reads `tags[team]=qa`, with brackets possibly encoded. A tag that cannot be read must not widen the list.
Result<std::map<std::string, std::string>> tags_of(std::string_view query) {
  std::map<std::string, std::string> out;
  for (const auto& [key, value] : net::query_pairs(query)) {
    const auto name = net::query_decode(key);
    if (!key.starts_with("tags") || value.empty()) continue;
    const auto plain = net::query_decode(value);
    if (!name || !plain)
      return Error{.kind = ErrorKind::invalid, .code = "bad_request", .message = "tags is not well encoded"};
    if (name->starts_with("tags[") && name->ends_with("]") && name->size() >= 7)
      out[name->substr(5, name->size() - 6)] = *plain;
  }
  return out;
}

Result<SessionFilter> read_filter(std::string_view query) {
  SessionFilter filter;
  WYE_CHECK(read_list_query(query, filter));
  filter.region = net::query_value(query, "region");
  WYE_TRY(filter.tags, tags_of(query));
  return filter;
}

}  // namespace

BrowserHandlers::BrowserHandlers(Store& store, Sessions& sessions, metro::SessionDirectory& directory,
                                 const Clock& clock, const Log& log)
    : store_(store), sessions_(sessions), directory_(directory), clock_(clock), log_(log) {}

metro::MetroHooks BrowserHandlers::hooks() {
  return {.archive_page =
              [this](const std::string& id, const std::string& query) {
                auto page = archived_events(id, query);
                return page ? std::move(*page) : net::error_response(page.error());
              },
          .telemetry_changed =
              [this](const std::string& id) {
                if (const auto done = record_telemetry(id); !done)
                  log_.warn("a telemetry configuration is not recorded",
                            {{"session", id}, {"reason", done.error().message}});
              }};
}

Result<std::optional<Session>> BrowserHandlers::resolve(const std::string& id_or_name) {
  if (is_id(id_or_name)) return store_.session(id_or_name);
  if (!check_name(id_or_name)) return std::optional<Session>();
  return store_.session_by_name(id_or_name);
}

std::string BrowserHandlers::render(const Session& session) const {
  const bool alive = session.life == Life::live || session.life == Life::creating;
  const auto sockets = (metro_.scheme() == "https" ? "wss://" : "ws://") + metro_.host_of(session.id);
  const auto jwt = alive ? "?jwt=" + session.jwt : std::string();
  const auto& config = session.config;
  Browser browser{.session_id = session.id,
                  .created_at = rfc3339(session.created_at),
                  .cdp_ws_url = sockets + "/browser/cdp" + jwt,
                  .webdriver_ws_url = sockets + "/browser/webdriver/session" + jwt,
                  .headless = config.headless.value_or(true),
                  .stealth = config.stealth.value_or(false),
                  .timeout_seconds = config.timeout_seconds.value_or(60),
                  .memory = "2GiB",
                  .region = config.region.value_or("us-east"),
                  .name = config.name,
                  .tags = config.tags,
                  .kiosk_mode = false,
                  .gpu = false,
                  .viewport = config.viewport,
                  .start_url = config.start_url,
                  .network = config.network,
                  .telemetry = telemetry_state(session.telemetry)};
  if (alive) browser.base_url = metro_.url_of(session.id) + "/browser/kernel/" + session.id;
  if (!alive)
    browser.deleted_at = rfc3339(session.deleted_at != 0 ? session.deleted_at : clock_.unix_micros());
  browser.usage =
      BrowserUsage{alive ? (clock_.unix_micros() - session.created_at) / 1000 : session.ended_uptime_ms};
  auto value = wire::to_json(browser);
  auto& telemetry = value.get_object()["telemetry"];
  if (!browser.telemetry)
    telemetry = nullptr;  // null while off, wire-api §3
  else if (!session.export_to.empty())
    telemetry.get_object()["export"] = {{"otlp", {{"enabled", true}, {"destination", session.export_to}}}};
  return json::serialize(value);
}

net::Response BrowserHandlers::show(const Session& session) const {
  return net::json_response(200, render(session));
}

Result<void> BrowserHandlers::check_create(const ApiRequest& request) {
  WYE_TRY(const auto config, read_create(request.body));
  WYE_TRY(const auto telemetry, telemetry_on_create(config.telemetry));
  WYE_CHECK(export_after(config.telemetry, telemetry.has_value(), "", store_.exports()));
  return sessions_.check_room();
}

Result<Session> BrowserHandlers::create(const ApiRequest& request,
                                        std::chrono::steady_clock::time_point answer_by) {
  WYE_TRY(auto config, read_create(request.body));
  WYE_TRY(auto telemetry, telemetry_on_create(config.telemetry));
  WYE_TRY(auto export_to, export_after(config.telemetry, telemetry.has_value(), "", store_.exports()));
  config.telemetry = {};
  return sessions_.create(std::move(config), std::move(telemetry), answer_by, std::move(export_to));
}

Result<net::Response> BrowserHandlers::list(const ApiRequest& request) {
  WYE_TRY(const auto filter, read_filter(request.query));
  WYE_TRY(auto found, store_.sessions(filter));
  const bool more = static_cast<std::int64_t>(found.size()) > filter.limit;
  if (more) found.pop_back();
  std::string body = "[";
  for (const auto& session : found) body += (body.size() > 1 ? "," : "") + render(session);
  auto response = net::json_response(200, body + "]");
  add_paging_headers(response, {filter.limit, filter.offset}, more);
  return response;
}

Result<net::Response> BrowserHandlers::get(const ApiRequest& request) {
  WYE_TRY(const auto found, resolve(request.id()));
  if (!found || (found->life != Life::live && !query_flag(request.query, "include_deleted")))
    return no_such_browser();
  return show(*found);
}

Result<net::Response> BrowserHandlers::update(const ApiRequest& request) {
  WYE_TRY(const auto changes, read_update(request.body));
  WYE_TRY(const auto found, resolve(request.id()));
  if (!found || found->life != Life::live) return no_such_browser();
  const auto& id = found->id;
  WYE_TRY(const auto telemetry, telemetry_on_update(changes.telemetry, found->telemetry));
  WYE_TRY(const auto export_to,
          export_after(changes.telemetry, telemetry.has_value(), found->export_to, store_.exports()));
  if (changes.viewport) WYE_CHECK(resize(id, *changes.viewport));
  WYE_CHECK(update_config(id, changes));
  if (wire::to_text(telemetry) != wire::to_text(found->telemetry))
    WYE_CHECK(configure_telemetry(id, telemetry));
  if (export_to != found->export_to) {
    WYE_TRY(const bool assigned, store_.exports().assign(id, export_to));
    if (!assigned) return export_was_lost();
  }
  WYE_TRY(const auto now, store_.session(id));
  if (!now) return no_such_browser();
  return show(*now);
}

Result<void> BrowserHandlers::resize(const std::string& id, const ViewportUpdate& wanted) {
  const json::object body{
      {"width", wanted.width}, {"height", wanted.height}, {"refresh_rate", *wanted.refresh_rate}};
  WYE_TRY(const auto told,
          host::call_agent(
              directory_.find(id).agent,
              {.method = "PATCH",
               .target = "/display",
               .body = json::serialize(body),
               .deadline = std::chrono::seconds(20)}));  // the agent waits 15 s for a Chromium that restarts
  if (told.status == 200) return {};
  return Error{.kind = ErrorKind::disconnected,
               .code = "upstream_unavailable",
               .message = "the browser's window was not resized; try again",
               .status = told.status == 503 ? 503 : 502};
}

Result<void> BrowserHandlers::update_config(const std::string& id, const BrowserUpdate& changes) {
  if (!changes.name && !changes.tags && !changes.viewport) return {};
  ConfigPatch patch{.name = changes.name, .tags = changes.tags};
  if (const auto& size = changes.viewport)
    patch.viewport = Viewport{size->width, size->height, size->refresh_rate};
  WYE_TRY(const auto patched, store_.patch_config(id, patch));
  if (!patched) return no_such_browser();
  return {};
}

Result<void> BrowserHandlers::configure_telemetry(const std::string& id, const TelemetrySettings& wanted) {
  // The agent gets the complete set; an explicit empty `browser` clears.
  json::object body;
  body["browser"] = wanted ? wire::to_json(*wanted) : json::value(json::object());
  WYE_TRY(const auto told,
          host::call_agent(directory_.find(id).agent,
                           {.method = "PUT", .target = "/telemetry", .body = json::serialize(body)}));
  if (told.status >= 300)
    return Error{.kind = ErrorKind::internal,
                 .code = "internal_error",
                 .message = "the VM refused the telemetry configuration"};
  return record_telemetry(id);
}

// Records what the agent says, which is the truth. The agent is asked again, and by one caller at a time for
// a session, so that of two changes the later one stays on record, whatever the order of their callers here.
Result<void> BrowserHandlers::record_telemetry(const std::string& id) {
  const std::lock_guard lock(recording_[std::hash<std::string>()(id) % recording_.size()]);
  WYE_TRY(const auto answer,
          host::call_agent(directory_.find(id).agent, {.method = "GET",
                                                       .target = "/telemetry",
                                                       .deadline = kAskAgain,
                                                       .max_answer_bytes = kMaxTelemetryAnswer}));
  // 404: telemetry is not configured.
  if (answer.status == 404) return store_.set_telemetry(id, TelemetrySettings());
  WYE_TRY(const auto settings, telemetry_of_agent(answer.body));
  return store_.set_telemetry(id, settings);
}

Result<std::string> BrowserHandlers::begin_remove(const std::string& id_or_name) {
  WYE_TRY(const auto found, resolve(id_or_name));
  if (!found) return no_such_browser();
  WYE_CHECK(sessions_.remove(found->id));
  return found->id;
}

Result<net::Response> BrowserHandlers::archived_events(const std::string& session_id,
                                                       const std::string& query_text) {
  WYE_TRY(const auto query, events::parse_page_query(query_text, clock_.unix_micros()));
  // A page that is full in the archive is complete whatever the spool still holds; another page may go on
  // there.
  const auto source = store_.archived_events(session_id);
  auto page = events::read_page(*source, query);
  if (page && !(query.ascending && page->has_more)) {
    WYE_TRY(const bool caught_up, sessions_.catch_up(session_id));
    if (caught_up) page = events::read_page(*source, query);
  }
  if (!page) return page.error();
  const bool live = directory_.find(session_id).state == metro::SessionState::live;
  (live ? archive_reads_.live : archive_reads_.gone).add();
  archive_reads_.events.add(page->records.size());
  auto response = net::json_response(200, events::page_body(*page));
  for (auto& [name, value] : events::page_headers(*page, query)) response.headers.add(name, value);
  WYE_TRY(const auto lost, store_.incomplete_archive(session_id));
  if (lost) response.headers.add("X-Wye-Archive", "incomplete");
  return response;
}

}  // namespace wye::control
