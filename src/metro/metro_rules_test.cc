#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "metro/call_policy.h"
#include "metro/metro_path.h"
#include "wire/testing/sample_tail.h"

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
    Passage passage;
    Patience patience;
    Use use;
    bool may_have_run;
  };
  using enum Passage;
  const Row rows[] = {
      {"POST", "curl", forwarded, Patience::heartbeat, Use::hold, true},
      {"GET", "curl/raw", forwarded, Patience::heartbeat, Use::hold, true},
      {"GET", "telemetry/stream", forwarded, Patience::brief, Use::touch, false},
      {"GET", "telemetry/events", forwarded, Patience::brief, Use::none, false},
      {"HEAD", "telemetry/events", forwarded, Patience::brief, Use::none, false},
      {"POST", "telemetry/events", forwarded, Patience::ordinary, Use::hold, false},
      {"PUT", "telemetry", forwarded, Patience::ordinary, Use::hold, false},
      {"POST", "computer/batch", forwarded, Patience::heartbeat, Use::hold, true},
      {"POST", "computer/screenshot", forwarded, Patience::ordinary, Use::hold, false},
      {"POST", "playwright/execute", forwarded, Patience::heartbeat, Use::hold, true},
      {"GET", "playwright/executors", forwarded, Patience::brief, Use::hold, false},
      {"POST", "process/exec", forwarded, Patience::heartbeat, Use::hold, true},
      {"POST", "process/spawn", forwarded, Patience::ordinary, Use::hold, true},
      {"POST", "process/9/stdin", forwarded, Patience::ordinary, Use::hold, true},
      {"GET", "process/9/stdout/stream", forwarded, Patience::ordinary, Use::hold, false},
      {"GET", "process/9/attach", forwarded, Patience::ordinary, Use::hold, false},
      {"GET", "fs/watch/9/events", forwarded, Patience::ordinary, Use::hold, false},
      {"GET", "fs/read_file", forwarded, Patience::heartbeat, Use::hold, false},
      {"POST", "fs/upload", forwarded, Patience::heartbeat, Use::hold, false},
      {"PUT", "fs/move", forwarded, Patience::heartbeat, Use::hold, true},
      {"GET", "fs/list_files", forwarded, Patience::brief, Use::hold, false},
      {"GET", "logs/stream", forwarded, Patience::brief, Use::touch, false},
      {"GET", "recording/download", forwarded, Patience::heartbeat, Use::hold, false},
      {"POST", "webmcp/invoke", forwarded, Patience::heartbeat, Use::hold, true},
      {"DELETE", "telemetry/events", wrong_method, Patience::ordinary, Use::hold, false},
      {"PATCH", "display", no_such_call, Patience::ordinary, Use::hold, false},
      {"POST", "extensions", no_such_call, Patience::heartbeat, Use::hold, false},
      {"GET", "browser/cdp", no_such_call, Patience::ordinary, Use::hold, false},
      {"POST", "ending", no_such_call, Patience::ordinary, Use::hold, false},
      {"GET", "telemetryx", no_such_call, Patience::ordinary, Use::hold, false},
      {"GET", "process/9", no_such_call, Patience::ordinary, Use::hold, false},
  };
  for (const auto& row : rows) {
    const auto got = api_policy(row.method, row.tail);
    EXPECT_EQ(got.passage, row.passage) << row.method << " " << row.tail;
    EXPECT_EQ(got.patience, row.patience) << row.tail;
    EXPECT_EQ(got.use, row.use) << row.tail;
    EXPECT_EQ(got.may_have_run, row.may_have_run) << row.method << " " << row.tail;
    EXPECT_EQ(got.registry_tail, row.tail == "telemetry/events") << row.tail;
    EXPECT_EQ(got.carries_authorization, row.tail == "curl/raw") << row.tail;
  }
}

TEST(CallPolicy, every_call_of_the_table_is_reached_where_its_row_says) {
  using wire::Reach;
  const auto reached = [](const CallPolicy& policy) { return policy.passage == Passage::forwarded; };
  for (const auto& call : wire::vm_calls().rows())
    for (const auto& tail : wire::testing::sample_tails(call)) {
      const auto method = call.method == "*" ? "POST" : call.method;
      const bool anywhere = call.reach == Reach::anywhere;
      const auto api = api_policy(method, tail);
      EXPECT_EQ(reached(api), anywhere || call.reach == Reach::base_url) << tail;
      EXPECT_EQ(reached(control_plane_policy(method, tail)), anywhere || call.reach == Reach::control_plane)
          << tail;
      const bool own = tail.starts_with("browser/") && reached(socket_policy(method, tail));
      EXPECT_EQ(own, call.reach == Reach::own_origin) << tail;
      EXPECT_EQ(api.patience, call.patience) << tail;
      EXPECT_EQ(api.use, call.use) << tail;
      EXPECT_EQ(api.may_have_run, call.repeats) << tail;
      EXPECT_EQ(api.archive_tail, call.archived) << tail;
      EXPECT_EQ(api.sets_telemetry, call.sets_telemetry) << tail;
      EXPECT_EQ(api.lists_targets, call.lists_targets) << tail;
      EXPECT_EQ(api.carries_authorization, call.raw) << tail;
    }
}

TEST(CallPolicy, one_row_more_is_all_that_a_new_call_takes) {
  const std::array rows{wire::VmCall{.method = "GET",
                                     .tail = "logs/events",
                                     .operation = "readLogs",
                                     .patience = Patience::brief,
                                     .use = Use::none,
                                     .falls_back = true}};
  const wire::VmCalls calls(rows);
  const auto policy = api_policy("GET", "logs/events", calls);
  EXPECT_EQ(policy.passage, Passage::forwarded);
  EXPECT_EQ(policy.patience, Patience::brief);
  EXPECT_EQ(policy.use, Use::none);
  EXPECT_TRUE(policy.registry_tail);
  EXPECT_EQ(control_plane_policy("GET", "logs/events", calls).passage, Passage::forwarded);
  EXPECT_EQ(api_policy("PUT", "logs/events", calls).passage, Passage::wrong_method);
  EXPECT_EQ(api_policy("GET", "telemetry/events", calls).passage, Passage::no_such_call);
}

}  // namespace
}  // namespace wye::metro
