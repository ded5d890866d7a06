#include <boost/json.hpp>
#include <chrono>
#include <cstdio>

#include "base/encoding.h"
#include "cli/choice.h"
#include "cli/command.h"
#include "cli/output.h"
#include "wire/describe.h"

namespace wye::cli {
namespace {

void print_browser(const Browser& browser) {
  std::vector<std::vector<std::string>> rows{{"FIELD", "VALUE"}};
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) rows.push_back({name, value});
  };
  add("session_id", browser.session_id);
  add("name", browser.name.value_or(""));
  add("created_at", browser.created_at);
  add("deleted_at", browser.deleted_at.value_or(""));
  add("timeout_seconds", std::to_string(browser.timeout_seconds));
  add("base_url", browser.base_url.value_or(""));
  add("cdp_ws_url", browser.deleted_at ? "" : browser.cdp_ws_url);
  std::string on;
  if (browser.telemetry && browser.telemetry->browser)
    for (const auto& [category, setting] : *browser.telemetry->browser)
      if (setting.enabled) on += (on.empty() ? "" : " ") + category;
  add("telemetry", on.empty() ? "off" : on);
  if (browser.tags)
    for (const auto& [key, value] : *browser.tags) add(("tag " + key).c_str(), value);
  print_table(rows);
}

int show(const Arguments& arguments, const Result<Browser>& browser) {
  if (!browser) return fail(browser.error());
  if (wants_json(arguments))
    std::printf("%s\n", wire::to_text(*browser).c_str());
  else
    print_browser(*browser);
  return 0;
}

Result<std::map<std::string, std::string>> tags_of(const Arguments& arguments) {
  std::map<std::string, std::string> out;
  for (const auto& tag : arguments.all("tag")) {
    const auto equals = tag.find('=');
    if (equals == std::string::npos || equals == 0)
      return Error{.kind = ErrorKind::invalid, .code = "usage", .message = "--tag takes KEY=VALUE"};
    out[tag.substr(0, equals)] = tag.substr(equals + 1);
  }
  return out;
}

// Sets the named categories, over those of --telemetry.
void take_categories(const Arguments& arguments, TelemetryRequest& telemetry) {
  std::map<std::string, TelemetryCategory> given;
  for (const auto& name : arguments.all("category")) given[name] = {true};
  for (const auto& name : arguments.all("no-category")) given[name] = {false};
  if (!given.empty()) telemetry.browser = std::move(given);
}

// Sets the destination of exports; `none` ends the export.
void take_export(const Arguments& arguments, TelemetryRequest& telemetry) {
  const auto name = arguments.get("export");
  if (!name) return;
  OtlpExportRequest otlp{.enabled = *name != "none"};
  if (*otlp.enabled) otlp.destination = OtlpDestinationRef{.name = *name};
  telemetry.export_ = TelemetryExportRequest{std::move(otlp)};
}

int create(const Arguments& arguments) {
  BrowserCreate wanted{
      .headless = true, .name = arguments.get("name"), .start_url = arguments.get("start-url")};
  if (arguments.has("telemetry")) wanted.telemetry.enabled = true;
  take_categories(arguments, wanted.telemetry);
  take_export(arguments, wanted.telemetry);
  if (arguments.has("stealth")) wanted.stealth = true;
  if (const auto text = arguments.get("timeout")) {
    const auto seconds = to_integer(*text, "timeout");
    if (!seconds) return fail_usage(seconds.error().message);
    wanted.timeout_seconds = *seconds;
  }
  const auto tags = tags_of(arguments);
  if (!tags) return fail_usage(tags.error().message);
  if (!tags->empty()) wanted.tags = *tags;
  const auto began = std::chrono::steady_clock::now();
  const auto browser = make_client(arguments).browsers().create(wanted);
  const auto ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began).count();
  if (browser && !wants_json(arguments))
    std::fprintf(stderr, "%s\n", dim("ready in " + std::to_string(ms) + " ms", 2).c_str());
  return show(arguments, browser);
}

int update(const Arguments& arguments) {
  BrowserUpdate changes{.name = arguments.get("name")};
  const auto tags = tags_of(arguments);
  if (!tags) return fail_usage(tags.error().message);
  if (!tags->empty()) changes.tags = *tags;
  if (const auto telemetry = arguments.get("telemetry")) {
    if (*telemetry != "on" && *telemetry != "off") return fail_usage("--telemetry takes on or off");
    changes.telemetry.enabled = *telemetry == "on";
  }
  take_categories(arguments, changes.telemetry);
  take_export(arguments, changes.telemetry);
  return show(arguments, make_client(arguments).browsers().update(arguments.words[0], changes));
}

int list(const Arguments& arguments) {
  const auto status =
      choice(arguments, "status", {BrowserStatus::active, BrowserStatus::deleted, BrowserStatus::all});
  if (!status) return fail_usage(status.error().message);
  ListQuery query{.limit = 100, .status = *status, .query = arguments.get("query")};
  const auto tags = tags_of(arguments);
  if (!tags) return fail_usage(tags.error().message);
  query.tags = *tags;
  std::vector<std::vector<std::string>> rows{{"SESSION", "NAME", "CREATED", "TIMEOUT", "TELEMETRY", "STATE"}};
  boost::json::array all;
  const auto client = make_client(arguments);
  auto browsers = client.browsers().list(query);
  for (auto& item : browsers) {
    if (!item.result()) return fail(item.result().error());
    const auto& browser = item.value();
    all.push_back(wire::to_json(browser));
    rows.push_back({browser.session_id, browser.name.value_or("-"), browser.created_at,
                    std::to_string(browser.timeout_seconds) + " s", browser.telemetry ? "on" : "off",
                    browser.deleted_at ? "deleted" : "live"});
  }
  if (wants_json(arguments))
    std::printf("%s\n", boost::json::serialize(all).c_str());
  else if (rows.size() == 1)
    std::fprintf(stderr, "no browsers; make one: wye browsers create\n");
  else
    print_table(rows);
  return 0;
}

int remove(const Arguments& arguments) {
  const auto client = make_client(arguments);
  for (const auto& id : arguments.words) {
    const auto done = client.browsers().remove(id);
    if (!done) return fail(done.error());
    if (!wants_json(arguments)) std::printf("deleted %s\n", id.c_str());
  }
  return 0;
}

int checked(const Arguments& arguments, int (*run)(const Arguments&)) {
  const auto output = check_output(arguments);
  return output ? run(arguments) : fail_usage(output.error().message);
}

}  // namespace

std::vector<Command> browsers_commands() {
  const Option tag{"tag", 0, "KEY=VALUE", "a tag", true};
  return {{.name = "browsers create",
           .summary = "start a browser",
           .details = "  wye browsers create --name checkout-1 --telemetry --timeout 300\n  wye browsers "
                      "create -o json | jq -r .cdp_ws_url      # for Playwright's connectOverCDP\n",
           .options = with_client_options(
               {{"name", 0, "NAME", "a name, unique among live browsers"},
                {"telemetry", 0, "", "record the default events: control, connection, system, captcha"},
                {"category", 0, "NAME", "that telemetry category too (docs/telemetry.md)", true},
                {"export", 0, "NAME", "telemetry goes to this destination, too (docs/export.md)"},
                {"timeout", 0, "SECONDS", "idle time until it ends (default 60)"},
                {"start-url", 0, "URL", "the first page"},
                {"stealth", 0, "", "does not announce itself as automated"},
                tag}),
           .run = [](const Arguments& arguments) { return checked(arguments, create); }},
          {.name = "browsers list",
           .summary = "the browsers, newest first",
           .details = "  wye browsers list --tag team=qa\n  wye browsers list --status all -o json\n",
           .options = with_client_options({{"status", 0, "active|deleted|all", "which (default active)"},
                                           {"query", 0, "TEXT", "part of a name, or an id"},
                                           tag}),
           .run = [](const Arguments& arguments) { return checked(arguments, list); }},
          {.name = "browsers get",
           .parameters = "ID|NAME",
           .summary = "one browser",
           .details = "  wye browsers get checkout-1\n",
           .options = with_client_options({{"include-deleted", 0, "", "also when it has ended"}}),
           .min_words = 1,
           .max_words = 1,
           .run =
               [](const Arguments& arguments) {
                 const auto output = check_output(arguments);
                 if (!output) return fail_usage(output.error().message);
                 return show(arguments, make_client(arguments).browsers().retrieve(
                                            arguments.words[0], arguments.has("include-deleted")));
               }},
          {.name = "browsers update",
           .parameters = "ID|NAME",
           .summary = "change name, tags or telemetry of a live browser",
           .details = "  wye browsers update checkout-1 --telemetry on --tag stage=2     # tags are replaced "
                      "as a whole\n",
           .options = with_client_options({{"name", 0, "NAME", "a new name; \"\" clears it"},
                                           {"telemetry", 0, "on|off", "the default categories, or none"},
                                           {"category", 0, "NAME", "telemetry: this category on", true},
                                           {"no-category", 0, "NAME", "telemetry: this category off", true},
                                           {"export", 0, "NAME", "telemetry: a destination, or none"},
                                           tag}),
           .min_words = 1,
           .max_words = 1,
           .run = [](const Arguments& arguments) { return checked(arguments, update); }},
          {.name = "browsers delete",
           .parameters = "ID|NAME …",
           .summary = "end browsers; their events stay readable",
           .details = "  wye browsers delete checkout-1\n",
           .options = with_client_options({}),
           .min_words = 1,
           .max_words = 100,
           .run = [](const Arguments& arguments) { return checked(arguments, remove); }},
          browsers_exec_command(),
          browsers_shell_command(),
          browsers_logs_command(),
          browsers_curl_command(),
          browsers_cdp_command()};
}

}  // namespace wye::cli
