#include "routing/decide.h"

#include <gtest/gtest.h>

#include "routing/direct_call.h"
#include "routing/fallback.h"
#include "testing/fake_clock.h"
#include "wire/testing/sample_tail.h"

namespace wye::routing {
namespace {

using wye::testing::FakeClock;

struct Row {
  const char* path;
  const char* reason;
};

class Deciding : public ::testing::Test {
 protected:
  Deciding() {
    cache_.learn({.session_id = "s1", .base_url = "http://m/b", .jwt = "t"}, "Checkout 1", cache_.begin());
    cache_.learn({.session_id = "slash/id", .base_url = "http://m/b", .jwt = "u"}, "", cache_.begin());
  }
  void expect(const BaseUrl& base, const AllowList& allow, std::initializer_list<Row> rows) {
    for (const auto& [path, reason] : rows) {
      const auto url = request_url(base, path);
      ASSERT_TRUE(url) << path;
      const auto decision = decide(base, *url, allow, cache_);
      EXPECT_EQ(to_string(decision.reason), reason) << path;
      EXPECT_EQ(decision.via == Via::direct, decision.reason == RouteReason::direct) << path;
      EXPECT_EQ(decision.route != nullptr, decision.reason == RouteReason::direct) << path;
    }
  }

  FakeClock clock_;
  RouteCache cache_{clock_};
};

TEST_F(Deciding, every_row_of_the_table) {
  expect({.origin = "http://c"}, AllowList::usual(),
         {{"http://c/browsers/s1/telemetry/events", "direct"},
          {"HTTP://C:80/browsers/s1/telemetry/events", "direct"},
          {"/browsers/s1/curl", "direct"},
          {"browsers/s1/curl", "direct"},
          {"/v1/browsers/s1/curl", "direct"},
          {"/v12/browsers/s1/process/exec?x=/", "direct"},
          {"/browsers/s1/logs/stream", "direct"},
          {"/browsers/s1/telemetry/", "direct"},
          {"/browsers/s1//telemetry/stream", "direct"},
          {"/browsers/%731/curl", "direct"},
          {"/browsers/CHECKOUT%201/curl", "direct"},
          {"/browsers/slash%2Fid/curl", "direct"},
          {"/browsers/s1/fs/...", "direct"},
          {"/browsers/s1/fs/.a/..b/%2e%2e%2e", "direct"},

          {"https://c/browsers/s1/curl", "not_control_plane"},
          {"http://c:81/browsers/s1/curl", "not_control_plane"},
          {"http://c.evil/browsers/s1/curl", "not_control_plane"},
          {"http://m/b/telemetry/events", "not_control_plane"},

          {"/browsers", "not_a_browser_path"},
          {"/browsers/s1", "not_a_browser_path"},
          {"/browsers/s1/", "not_a_browser_path"},
          {"/browsers/s1//", "not_a_browser_path"},
          {"/browsers//curl", "not_a_browser_path"},
          {"/browserss/s1/curl", "not_a_browser_path"},
          {"/profiles/browsers/s1/curl", "not_a_browser_path"},
          {"//browsers/s1/curl", "not_a_browser_path"},
          {"/vx/browsers/s1/curl", "not_a_browser_path"},
          {"/v/browsers/s1/curl", "not_a_browser_path"},
          {"/v1/v1/browsers/s1/curl", "not_a_browser_path"},
          {"/browsers/s1/fs/../curl", "not_a_browser_path"},
          {"/browsers/s1/fs/.", "not_a_browser_path"},
          {"/browsers/s1/fs/%2e%2E/curl", "not_a_browser_path"},
          {"/browsers/s1/fs/.%2e", "not_a_browser_path"},
          {"/browsers/s1/..", "not_a_browser_path"},
          {"/browsers/../s1/curl", "not_a_browser_path"},

          {"/browsers/s1/extensions", "not_allowed"},
          {"/browsers/s1/telemetryx", "not_allowed"},
          {"/browsers/s1/Telemetry", "not_allowed"},
          {"/browsers/s1/logs", "not_allowed"},
          {"/browsers/s1/logs/streams", "not_allowed"},
          {"/browsers/s1/telemetry%2Fevents", "not_allowed"},

          {"/browsers/s2/curl", "no_route"},
          {"/browsers/s1%00/curl", "no_route"},
          {"/browsers/%zz/curl", "no_route"}});
}

TEST_F(Deciding, prefixes_match_whole_segments_only) {
  expect({.origin = "http://c"}, AllowList({"/telemetry/stream/"}),
         {{"/browsers/s1/telemetry/stream", "direct"},
          {"/browsers/s1/telemetry/stream/x", "direct"},
          {"/browsers/s1/telemetry/streamfoo", "not_allowed"},
          {"/browsers/s1/telemetry/events", "not_allowed"},
          {"/browsers/s1/telemetry", "not_allowed"}});
}

TEST_F(Deciding, an_empty_allow_list_is_routing_off) {
  expect({.origin = "http://c"}, AllowList({}), {{"/browsers/s1/curl", "not_allowed"}});
}

TEST_F(Deciding, a_base_path_is_part_of_the_place) {
  const auto base = parse_base_url("http://c/kernel/v1/").value();
  expect(base, AllowList::usual(),
         {{"/browsers/s1/curl", "direct"},
          {"/v2/browsers/s1/curl", "direct"},
          {"http://c/kernel/v1/browsers/s1/curl", "direct"},
          {"http://c/browsers/s1/curl", "not_a_browser_path"},
          {"http://c/kernel/v1x/browsers/s1/curl", "not_a_browser_path"}});
}

TEST_F(Deciding, the_tail_is_kept_as_it_was_encoded) {
  const auto url = request_url({.origin = "http://c"}, "/browsers/s1/fs/a%2Fb//c/").value();
  const auto decision = decide({.origin = "http://c"}, url, AllowList::usual(), cache_);
  EXPECT_EQ(decision.path.tail, "fs/a%2Fb//c/");
  EXPECT_EQ(decision.path.plain_tail(), "fs/a%2Fb//c");
}

TEST(AllowListTest, the_usual_one_is_the_contracts) {
  EXPECT_EQ(AllowList::usual().entries(),
            (std::vector<std::string>{"curl", "telemetry", "computer", "playwright", "process", "fs",
                                      "logs/stream"}));
}

TEST_F(Deciding, every_call_of_the_table_goes_where_its_row_says) {
  for (const auto& call : wire::vm_calls().rows())
    for (const auto& tail : wire::testing::sample_tails(call)) {
      const auto url = request_url({.origin = "http://c"}, "/browsers/s1/" + tail).value();
      const auto decision = decide({.origin = "http://c"}, url, AllowList::usual(), cache_);
      EXPECT_EQ(decision.via == Via::direct, !call.direct.empty()) << tail;
      EXPECT_EQ(may_fall_back("GET", decision.path.plain_tail(), 404),
                wire::vm_calls().find("GET", tail).in_registry)
          << tail;
      EXPECT_EQ(is_raw_fetch("POST", decision.path), tail == wire::kRawFetch) << tail;
    }
}

TEST_F(Deciding, one_row_more_is_all_that_a_new_call_takes) {
  const std::array rows{wire::VmCall{.method = "GET",
                                     .tail = "logs/events/{}",
                                     .operation = "readLog",
                                     .direct = "logs/events",
                                     .falls_back = true}};
  const wire::VmCalls calls(rows);
  const auto url = request_url({.origin = "http://c"}, "/browsers/s1/logs/events/7").value();
  EXPECT_EQ(decide({.origin = "http://c"}, url, AllowList::usual(calls), cache_).via, Via::direct);
  EXPECT_EQ(decide({.origin = "http://c"}, url, AllowList::usual(), cache_).via, Via::control_plane);
  EXPECT_TRUE(may_fall_back("GET", "logs/events/7", 404, calls));
  for (const char* tail : {"logs/events", "logs/events/", "logs/events/7/8", "telemetry/events"})
    EXPECT_FALSE(may_fall_back("GET", tail, 404, calls)) << tail;
}

TEST(AllowListTest, reads_the_environment) {
  EXPECT_EQ(AllowList::from_environment(nullptr).entries(), AllowList::usual().entries());
  EXPECT_TRUE(AllowList::from_environment("").entries().empty());
  EXPECT_TRUE(AllowList::from_environment(" , ,").entries().empty());
  EXPECT_EQ(AllowList::from_environment(" /curl/ ,,telemetry/stream").entries(),
            (std::vector<std::string>{"curl", "telemetry/stream"}));
}

TEST(Url, splits_and_normalises_the_origin_alone) {
  const auto url = split_url("HTTPS://Host.Example:443/A/%2f?q=%20#f").value();
  EXPECT_EQ(url.origin, "https://host.example");
  EXPECT_EQ(url.path, "/A/%2f");
  EXPECT_EQ(url.query, "q=%20");
  EXPECT_EQ(split_url("http://[::1]:8080").value().text(), "http://[::1]:8080/");
}

TEST(Url, refuses_what_is_no_plain_http_url) {
  for (const auto* bad :
       {"", "/x", "host/x", "http://", "http:///x", "ftp://h/", "file:///etc/passwd", "http://u:p@h/",
        "http://u@h/", "http://h/a b", "http://h/\r\nX: 1", "http://h:99999999999999999999/%",
        "https://a:443.evil.example/x", "http://h:80x", "http://%6cocalhost/", "http://127%2e0.0.1/"})
    EXPECT_FALSE(split_url(bad)) << bad;
  for (const auto* bad : {"127.0.0.1:7711", "http://h?x", "http://u@h"})
    EXPECT_EQ(parse_base_url(bad).error().code, "bad_base_url") << bad;
}

TEST(Url, resolves_locations_as_the_rfc_says) {
  const SplitUrl from{.origin = "http://h", .path = "/a/b", .query = "q"};
  const auto to = [&](const char* location) {
    const auto url = resolve_location(from, location);
    return url ? url->text() : "none";
  };
  EXPECT_EQ(to("/x"), "http://h/x");
  EXPECT_EQ(to("x"), "http://h/a/x");
  EXPECT_EQ(to("../x?y"), "http://h/x?y");
  EXPECT_EQ(to("?y"), "http://h/a/b?y");
  EXPECT_EQ(to("//other/x"), "http://other/x");
  EXPECT_EQ(to("https://h/x#f"), "https://h/x");
  EXPECT_EQ(to("javascript:alert(1)"), "none");
  EXPECT_EQ(to("http://u:p@h/"), "none");
  EXPECT_EQ(to("\\\\evil"), "none");
}

TEST(Url, resolved_paths_are_what_the_most_lenient_server_would_read) {
  EXPECT_EQ(resolved_path("/a/./b/../c"), "/a/c");
  EXPECT_EQ(resolved_path("/a/%2e%2E/b"), "/b");
  EXPECT_EQ(resolved_path("/a/..%2fb"), "/b");
  EXPECT_EQ(resolved_path("/a/..%5Cb"), "/b");
  EXPECT_EQ(resolved_path("/../.."), "/");
  EXPECT_EQ(resolved_path("/a//b/"), "/a/b");
  EXPECT_EQ(resolved_path("/a%zz/../b"), "/b");
}

}  // namespace
}  // namespace wye::routing
