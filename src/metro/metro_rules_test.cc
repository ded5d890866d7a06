#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "metro/call_policy.h"
#include "metro/metro_path.h"

// The pure parts, as tables.
namespace wye::metro {
namespace {

TEST(MetroPath, names_surface_session_and_what_the_agent_is_asked) {
  const std::string id = "abcdefghijklmnopqrstuvwx";
  struct Row {
    std::string path;
    Surface surface;
    std::string session_id;
    std::string agent_path;
  };
  const Row rows[] = {
      {"/browser/kernel/" + id + "/telemetry/stream", Surface::api, id, "/telemetry/stream"},
      {"/browser/kernel/telemetry/stream", Surface::api, "", "/telemetry/stream"},
      {"/browser/kernel/" + id, Surface::api, id, ""},
      {"/browser/kernel/" + id + "/", Surface::api, id, "/"},
      {"/browser/kernel", Surface::api, "", ""},
      {"/browser/kernel/" + id + "x/y", Surface::api, "", "/" + id + "x/y"},
      {"/browser/kernel/" + id + "//y", Surface::api, id, ""},
      {"/browser/cdp", Surface::cdp, "", "/browser/cdp"},
      {"/browser/cdp/json/version/", Surface::cdp, "", "/browser/cdp/json/version/"},
      {"/browser/webdriver/session", Surface::webdriver, "", "/browser/webdriver/session"},
      {"/browser/live", Surface::live, "", "/browser/live"},
      {"/browser/replays/r", Surface::replays, "", "/browser/replays/r"},
      {"/browser/cdpx", Surface::none, "", ""},
      {"/browsers/x", Surface::none, "", ""},
      {"/", Surface::none, "", ""},
  };
  for (const auto& row : rows) {
    const auto got = parse_metro_path(row.path);
    EXPECT_EQ(got.surface, row.surface) << row.path;
    EXPECT_EQ(got.session_id, row.session_id) << row.path;
    EXPECT_EQ(got.agent_path == "/" && row.agent_path.empty() ? "" : got.agent_path, row.agent_path)
        << row.path;
  }
}

TEST(MetroPath, a_query_loses_its_jwt_and_nothing_else) {
  const std::pair<std::string, std::string> rows[] = {{"jwt=a", ""},
                                                      {"a=b&jwt=c", "a=b"},
                                                      {"jwt=c&a=b", "a=b"},
                                                      {"a&jwt&b", "a&b"},
                                                      {"&&jwt=x&", "&&"},
                                                      {"%6Awt=a&x", "x"},
                                                      {"jwtx=a&xjwt=b", "jwtx=a&xjwt=b"},
                                                      {"a=jwt=b", "a=jwt=b"},
                                                      {"url=x%26jwt%3Da", "url=x%26jwt%3Da"},
                                                      {"", ""}};
  for (const auto& [in, out] : rows) EXPECT_EQ(without_jwt(in, nullptr), out) << in;
  std::string jwt;
  EXPECT_EQ(without_jwt("jwt=first&jwt=second", &jwt), "");
  EXPECT_EQ(jwt, "first");
}

TEST(CallPolicy, follows_method_and_tail) {
  struct Row {
    std::string method;
    std::string tail;
    bool served;
    Patience patience;
    Use use;
    bool may_have_run;
  };
  const Row rows[] = {
      {"POST", "curl", true, Patience::heartbeat, Use::hold, true},
      {"GET", "curl/raw", true, Patience::heartbeat, Use::hold, true},
      {"GET", "telemetry/stream", true, Patience::brief, Use::touch, false},
      {"GET", "telemetry/events", true, Patience::brief, Use::none, false},
      {"POST", "telemetry/events", true, Patience::ordinary, Use::hold, false},
      {"PUT", "telemetry", true, Patience::ordinary, Use::hold, false},
      {"POST", "computer/batch", true, Patience::ordinary, Use::hold, true},
      {"POST", "playwright/execute", true, Patience::heartbeat, Use::hold, true},
      {"POST", "process/exec", true, Patience::heartbeat, Use::hold, true},
      {"POST", "process/spawn", true, Patience::ordinary, Use::hold, true},
      {"POST", "process/9/stdin", true, Patience::ordinary, Use::hold, true},
      {"GET", "process/9/stdout/stream", true, Patience::ordinary, Use::hold, false},
      {"GET", "fs/watch/9/events", true, Patience::ordinary, Use::hold, false},
      {"GET", "fs/read_file", true, Patience::heartbeat, Use::hold, false},
      {"POST", "fs/upload", true, Patience::heartbeat, Use::hold, false},
      {"PUT", "fs/move", true, Patience::heartbeat, Use::hold, true},
      {"GET", "fs/list_files", true, Patience::brief, Use::hold, false},
      {"GET", "logs/stream", true, Patience::ordinary, Use::touch, false},
      {"GET", "recording/download", true, Patience::heartbeat, Use::hold, false},
      {"PATCH", "display", false, Patience::ordinary, Use::hold, false},
      {"POST", "extensions", false, Patience::ordinary, Use::hold, false},
      {"GET", "telemetryx", false, Patience::ordinary, Use::hold, false},
  };
  for (const auto& row : rows) {
    const auto got = api_policy(row.method, row.tail);
    EXPECT_EQ(got.served, row.served) << row.tail;
    EXPECT_EQ(got.patience, row.patience) << row.tail;
    EXPECT_EQ(got.use, row.use) << row.tail;
    EXPECT_EQ(got.may_have_run, row.may_have_run) << row.method << " " << row.tail;
    EXPECT_EQ(got.registry_tail, row.tail == "telemetry/events") << row.tail;
    EXPECT_EQ(got.carries_authorization, row.tail == "curl/raw") << row.tail;
  }
}

}  // namespace
}  // namespace wye::metro
