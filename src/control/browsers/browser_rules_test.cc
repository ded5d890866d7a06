#include <gtest/gtest.h>

#include "control/browsers/browser_rules.h"
#include "control/browsers/telemetry_settings.h"
#include "wire/describe.h"

namespace wye::control {
namespace {

struct BadCreate {
  const char* body;
  const char* code;
  const char* names;  // what the message must name
};
void PrintTo(const BadCreate& row, std::ostream* out) { *out << row.names; }
class BadCreates : public ::testing::TestWithParam<BadCreate> {};

TEST_P(BadCreates, are_refused_by_name) {
  const auto read = read_create(GetParam().body);
  ASSERT_FALSE(read) << GetParam().body;
  EXPECT_EQ(read.error().code, GetParam().code);
  EXPECT_NE(read.error().message.find(GetParam().names), std::string::npos) << read.error().message;
}

INSTANTIATE_TEST_SUITE_P(
    Rules, BadCreates,
    ::testing::Values(
        BadCreate{"{", "bad_request", "JSON"}, BadCreate{"[]", "bad_request", "object"},
        BadCreate{"{\"name\":\"\xff\"}", "bad_request", "JSON"},
        BadCreate{R"({"headless":"yes"})", "bad_request", "headless"},
        BadCreate{R"({"headless":false})", "feature_unavailable", "headless"},
        BadCreate{R"({"gpu":true})", "feature_unavailable", "gpu"},
        BadCreate{R"({"kiosk_mode":true})", "feature_unavailable", "kiosk_mode"},
        BadCreate{R"({"timeout_seconds":9})", "bad_request", "timeout_seconds"},
        BadCreate{R"({"timeout_seconds":259201})", "bad_request", "timeout_seconds"},
        BadCreate{R"({"timeout_seconds":10.5})", "bad_request", "timeout_seconds"},
        BadCreate{R"({"name":"a b"})", "bad_request", "name"},
        BadCreate{R"({"name":".."})", "bad_request", "name"},
        BadCreate{R"({"name":"abcdefghijklmnopqrstuvwx"})", "bad_request", "name"},
        BadCreate{R"({"name":""})", "bad_request", "name"},
        BadCreate{R"({"tags":{"":"x"}})", "bad_request", "tags"},
        BadCreate{R"({"tags":{"a":"é"}})", "bad_request", "tags"},
        BadCreate{R"({"tags":{"a":1}})", "bad_request", "tags.a"},
        BadCreate{R"({"viewport":{"width":0,"height":1}})", "bad_request", "viewport.width"},
        BadCreate{R"({"viewport":{"width":1}})", "bad_request", "viewport"},
        BadCreate{R"({"memory":"1TiB"})", "bad_request", "memory"},
        BadCreate{R"({"memory":"16GiB"})", "unsupported_value", "memory"},
        BadCreate{R"({"region":"mars"})", "unsupported_value", "region"},
        BadCreate{R"({"profile":{"name":"p"}})", "feature_unavailable", "profile"},
        BadCreate{R"({"extensions":[{"id":"x"}]})", "feature_unavailable", "extensions"},
        BadCreate{R"({"proxy":{"mode":"x"}})", "bad_request", "proxy.mode"},
        BadCreate{R"({"proxy":{"mode":"direct"},"proxy_id":"p"})", "bad_request", "proxy"},
        BadCreate{R"({"proxy":{"id":"p"}})", "feature_unavailable", "proxy"},
        BadCreate{R"({"network":{"private_hosts":["http://x"]}})", "bad_request", "private_hosts"},
        BadCreate{R"({"chrome_policy":{"a":{"session_id":"s","base_url":"http://evil"}}})", "bad_request",
                  "session_id"},
        BadCreate{R"({"tags":{"session_id":"s","base_url":"b"}})", "bad_request", "session_id"}));

struct UnservedField {
  const char* field;  // with dots
  const char* asked;  // a value that asks for something
  bool also_on_update = true;
  bool also_on_create = true;
};
void PrintTo(const UnservedField& row, std::ostream* out) { *out << row.field; }
class UnservedFields : public ::testing::TestWithParam<UnservedField> {
 protected:
  // A body with `value` at the row's field.
  static std::string body_with(std::string_view value) {
    std::string field = GetParam().field, before = "{\"", after = "}";
    for (auto dot = field.find('.'); dot != std::string::npos; dot = field.find('.')) {
      before += field.substr(0, dot) + "\":{\"";
      after += "}";
      field.erase(0, dot + 1);
    }
    return before + field + "\":" + std::string(value) + after;
  }
};

TEST_P(UnservedFields, are_refused_by_name_when_they_ask_for_something) {
  const auto check = [](const auto& read, bool refused) {
    ASSERT_EQ(!read, refused) << body_with(GetParam().asked);
    if (!refused) return;
    EXPECT_EQ(read.error().code, "not_implemented");
    EXPECT_EQ(read.error().status, 501);
    EXPECT_EQ(read.error().message.rfind(std::string(GetParam().field) + " is ", 0), 0u)
        << read.error().message;
  };
  check(read_create(body_with(GetParam().asked)), GetParam().also_on_create);
  check(read_update(body_with(GetParam().asked)), GetParam().also_on_update);
}

TEST_P(UnservedFields, are_taken_when_they_ask_for_nothing) {
  EXPECT_TRUE(read_create(body_with("null")));
  EXPECT_TRUE(read_update(body_with("null")));
}

INSTANTIATE_TEST_SUITE_P(
    Rules, UnservedFields,
    ::testing::Values(UnservedField{"location", R"({"timezone":"Europe/Berlin"})"},
                      UnservedField{"location", R"("Berlin")"},

                      UnservedField{"network.allowed_hosts", R"(["a.com"])"},
                      UnservedField{"network.proxy_routes", R"([{"hosts":["a.com"],"proxy":{"id":"p"}}])"},
                      UnservedField{"vaults", R"([{"id":"v"}])"}, UnservedField{"video_memory", R"("4GiB")"},
                      UnservedField{"telemetry.storage.enabled", "false"},
                      UnservedField{
                          .field = "start_url", .asked = R"("https://a.com")", .also_on_create = false}));

TEST(Rules, a_field_that_is_not_served_may_say_that_nothing_is_wanted_of_it) {
  for (const auto* body :
       {R"({"location":{}})", R"({"location":{"timezone":null,"locale":""}})",
        R"({"network":{"allowed_hosts":[]}})", R"({"network":{"proxy_routes":[],"private_hosts":[]}})",
        R"({"vaults":[]})", R"({"video_memory":""})", R"({"telemetry":{"storage":{"enabled":true}}})",
        R"({"telemetry":{"storage":{}}})", R"({"start_url":""})", R"({"captcha_solver":{"enabled":true}})"}) {
    EXPECT_TRUE(read_create(body)) << body;
    EXPECT_TRUE(read_update(body)) << body;
  }
}

TEST(Rules, an_empty_body_is_a_browser_with_defaults) {
  for (const auto* body : {"", "{}", R"({"proxy":{"mode":"direct"},"unknown":1,"name":null})"}) {
    const auto read = read_create(body);
    ASSERT_TRUE(read) << body;
    EXPECT_EQ(read->headless, true);
    EXPECT_EQ(read->timeout_seconds, 60);
    EXPECT_EQ(read->viewport->width, 1920);
  }
}

TEST(Rules, a_refresh_rate_that_is_not_said_follows_from_the_size) {
  const auto rate = [](const char* body) { return read_create(body)->viewport->refresh_rate; };
  EXPECT_EQ(rate("{}"), 25);
  EXPECT_EQ(rate(R"({"viewport":{"width":1024,"height":768}})"), 60);
  EXPECT_EQ(rate(R"({"viewport":{"width":1920,"height":1200}})"), 25);
  EXPECT_EQ(rate(R"({"viewport":{"width":2560,"height":1440}})"), 10);
  EXPECT_EQ(rate(R"({"viewport":{"width":2560,"height":1440,"refresh_rate":7}})"), 7);
  EXPECT_EQ(read_update(R"({"viewport":{"width":800,"height":600}})")->viewport->refresh_rate, 60);
}

TEST(Rules, a_running_browser_is_not_made_smaller_than_a_window_can_be) {
  EXPECT_TRUE(read_update(R"({"viewport":{"width":320,"height":240,"force":true}})"));
  for (const auto* body :
       {R"({"viewport":{"width":319,"height":240}})", R"({"viewport":{"width":320}})",
        R"({"viewport":{"width":320,"height":239}})", R"({"viewport":{"width":320,"height":240,"force":1}})"})
    EXPECT_EQ(read_update(body).error().code, "bad_request") << body;
}

// The table of wire-api §3: the request, and the categories that are on after it, on a create and on an
// update ("" = off, "!" = refused).
struct TelemetryRow {
  const char* request;
  const char* on_create;
  const char* on_update_of_control_only;
};
void PrintTo(const TelemetryRow& row, std::ostream* out) { *out << row.request; }
class TelemetryTable : public ::testing::TestWithParam<TelemetryRow> {};

std::string on(const Result<TelemetrySettings>& settings) {
  if (!settings) return "!";
  std::string out;
  if (*settings)
    for (const auto& [name, setting] : **settings) out += (out.empty() ? "" : " ") + name;
  return out;
}

TEST_P(TelemetryTable, resolves_as_the_contract_says) {
  const auto request = wire::from_text<TelemetryRequest>(GetParam().request).value();
  EXPECT_EQ(on(telemetry_on_create(request)), GetParam().on_create);
  const TelemetrySettings control_only = std::map<std::string, TelemetryCategory>{{"control", {true}}};
  EXPECT_EQ(on(telemetry_on_update(request, control_only)), GetParam().on_update_of_control_only);
}

constexpr const char* kAll = "captcha connection control system";
INSTANTIATE_TEST_SUITE_P(
    Rules, TelemetryTable,
    ::testing::Values(
        TelemetryRow{"{}", "", "control"}, TelemetryRow{R"({"browser":{}})", "", "control"},
        TelemetryRow{R"({"enabled":true})", kAll, kAll},
        TelemetryRow{R"({"enabled":true,"browser":{"system":{"enabled":false}}})",
                     "captcha connection control", "captcha connection control"},
        TelemetryRow{R"({"browser":{"system":{"enabled":true}}})", kAll, "control system"},
        TelemetryRow{R"({"browser":{"control":{"enabled":false}}})", "captcha connection system", ""},
        TelemetryRow{R"({"enabled":false})", "", ""},
        TelemetryRow{R"({"enabled":false,"browser":{"control":{"enabled":true}}})", "!", "!"},
        TelemetryRow{
            R"({"browser":{"control":{"enabled":false},"connection":{"enabled":false},"system":{"enabled":false},"captcha":{"enabled":false}}})",
            "", ""},
        TelemetryRow{R"({"browser":{"network":{"enabled":true}}})",
                     "captcha connection control network system", "control network"},
        TelemetryRow{R"({"enabled":true,"browser":{"screenshot":{"enabled":true}}})",
                     "captcha connection control screenshot system",
                     "captcha connection control screenshot system"},
        TelemetryRow{R"({"browser":{"monitor":{"enabled":true}}})", "!", "!"},
        TelemetryRow{R"({"browser":{"network":{"enabled":false}}})", kAll, "control"},
        TelemetryRow{R"({"browser":{"nonsense":{"enabled":true}}})", "!", "!"}));

TEST(Rules, categories_that_are_not_named_stay_as_they_are_whatever_the_named_ones_are_set_to) {
  const TelemetrySettings with_network =
      std::map<std::string, TelemetryCategory>{{"control", {true}}, {"network", {true}}};
  const auto request = wire::from_text<TelemetryRequest>(
                           R"({"browser":{"control":{"enabled":false},"connection":{"enabled":false},)"
                           R"("system":{"enabled":false},"captcha":{"enabled":false}}})")
                           .value();
  EXPECT_EQ(on(telemetry_on_update(request, with_network)), "network");
}

TEST(Rules, the_capture_of_commands_goes_with_control_and_is_shown) {
  const auto after = [](const char* text, const TelemetrySettings& before) {
    const auto settings = telemetry_on_update(wire::from_text<TelemetryRequest>(text).value(), before);
    if (!settings) return settings.error().message;
    const auto state = telemetry_state(*settings);
    return state ? wire::to_text(state->browser->at("control")) : std::string("off");
  };
  const auto* some =
      R"({"browser":{"control":{"enabled":true,"cdp":{"excluded_methods":["Page.navigate"]}}}})";
  const auto* shown = R"({"enabled":true,"cdp":{"excluded_methods":["Page.navigate"]}})";
  EXPECT_EQ(after(some, {}), shown);
  const auto set = telemetry_on_create(wire::from_text<TelemetryRequest>(some).value()).value();
  EXPECT_EQ(after("{}", set), shown);
  EXPECT_EQ(after(R"({"browser":{"network":{"enabled":true}}})", set), shown);
  EXPECT_EQ(after(R"({"browser":{"control":{"enabled":true,"cdp":{}}}})", set),
            R"({"enabled":true,"cdp":{}})");
  EXPECT_EQ(after(R"({"browser":{"control":{"enabled":true}}})", set), R"({"enabled":true})");
  EXPECT_EQ(after(R"({"enabled":true})", set), R"({"enabled":true})");
  EXPECT_EQ(after(R"({"browser":{"control":{"enabled":false,"cdp":{}}}})", set), R"({"enabled":false})");
  EXPECT_EQ(
      after(R"({"browser":{"control":{"enabled":true,"cdp":{"excluded_methods":["Page.x"]}}}})", set),
      "telemetry.browser.control.cdp.excluded_methods[0] (Page.x) is not a method that cdp_command tells of "
      "(docs/telemetry.md lists them)");
}

TEST(Rules, a_configured_browser_shows_every_category_but_platform) {
  const auto state = telemetry_state(telemetry_on_create({.enabled = true}).value());
  ASSERT_TRUE(state);
  EXPECT_EQ(state->browser->size(), 9u);
  EXPECT_FALSE(state->browser->at("network").enabled);
  EXPECT_EQ(state->browser->count("platform"), 0u);
  EXPECT_FALSE(telemetry_state(std::nullopt));
}

}  // namespace
}  // namespace wye::control
