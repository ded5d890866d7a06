// Which route a method and a path lead to, hostile paths included.
#include "net/route_table.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace wye::net {
namespace {

using Outcome = RouteTable::Outcome;

constexpr std::size_t kBrowsers = 0, kCreate = 1, kBrowser = 2, kEvents = 3, kBelow = 4, kStatus = 5,
                      kWatch = 6, kWatched = 7, kStream = 8, kFiles = 9;

RouteTable table() {
  using Head = RouteTable::Head;
  RouteTable out;
  // The least specific ones first: their order is not that in which they are tried.
  EXPECT_EQ(out.add("GET", "/browsers", Head::by_get), kBrowsers);
  EXPECT_EQ(out.add("POST", "/browsers", Head::by_get), kCreate);
  EXPECT_EQ(out.add("DELETE", "/browsers/{}", Head::by_get), kBrowser);
  EXPECT_EQ(out.add("GET", "/browsers/{}/telemetry/events", Head::by_get), kEvents);
  EXPECT_EQ(out.add(RouteTable::kAnyMethod, "/browsers/{}/**", Head::as_registered), kBelow);
  EXPECT_EQ(out.add("GET", "/process/{}/status/{}", Head::by_get), kStatus);
  EXPECT_EQ(out.add("GET", "/fs/{}/events", Head::by_get), kWatch);
  EXPECT_EQ(out.add("POST", "/fs/watch/{}", Head::by_get), kWatched);
  EXPECT_EQ(out.add("GET", "/telemetry/stream", Head::as_registered), kStream);
  EXPECT_EQ(out.add("PUT", "/files/**", Head::by_get), kFiles);
  return out;
}

struct Row {
  std::string method, path;
  Outcome outcome;
  std::size_t route = 0;
  std::vector<std::string> parameters = {};
  std::string rest = "";
};

const std::string kLongest(PathParameters::kMaxBytes, 'x');

const std::vector<Row> kRows = {
    {"GET", "/browsers", Outcome::found, kBrowsers},
    {"HEAD", "/browsers", Outcome::found, kBrowsers},
    {"POST", "/browsers/", Outcome::found, kCreate},
    {"POST", "/browsers//", Outcome::found, kCreate},
    {"DELETE", "/browsers/check%20out", Outcome::found, kBrowser, {"check out"}},
    {"DELETE", "/browsers/%C3%BC", Outcome::found, kBrowser, {"ü"}},
    {"DELETE", "/browsers/{}", Outcome::found, kBrowser, {"{}"}},
    {"GET", "/browsers/a/telemetry/events/", Outcome::found, kEvents, {"a"}},
    {"PUT", "/browsers/a/fs/write_file", Outcome::found, kBelow, {"a"}, "fs/write_file"},
    {"OPTIONS", "/browsers/a/b%20c//d", Outcome::found, kBelow, {"a"}, "b%20c//d"},
    {"GET", "/process/7/status/x", Outcome::found, kStatus, {"7", "x"}},
    {"GET", "/fs/watched/events", Outcome::found, kWatch, {"watched"}},
    {"POST", "/fs/watch/events", Outcome::found, kWatched, {"events"}},
    {"PUT", "/files", Outcome::found, kFiles},
    {"PUT", "/files/a", Outcome::found, kFiles, {}, "a"},
    {"DELETE", "/browsers/" + kLongest, Outcome::found, kBrowser, {kLongest}},

    {"GET", "/fs/watch/events", Outcome::no_method},  // the more specific path decides, whatever it takes
    {"OPTIONS", "/browsers", Outcome::no_method},
    {"HEAD", "/telemetry/stream", Outcome::no_method},
    {"HEAD", "/files/a", Outcome::no_method},
    {"get", "/browsers", Outcome::no_method},
    {"*", "/browsers", Outcome::no_method},
    {"", "/browsers", Outcome::no_method},

    {"GET", "/", Outcome::no_path},
    {"GET", "//", Outcome::no_path},
    {"GET", "//browsers", Outcome::no_path},
    {"GET", "/Browsers", Outcome::no_path},
    {"GET", "/brow%73ers", Outcome::no_path},
    {"GET", "/browsersx", Outcome::no_path},
    {"GET", "/process/7/status", Outcome::no_path},
    {"GET", "/process/7/status/x/y", Outcome::no_path},

    {"GET", "", Outcome::malformed},
    {"GET", "*", Outcome::malformed},
    {"GET", "browsers", Outcome::malformed},
    {"GET", "http://x/browsers", Outcome::malformed},
    {"GET", "/browsers//telemetry/events", Outcome::malformed},
    {"GET", "/browsers/a/telemetry/../events", Outcome::malformed},
    {"GET", "/browsers/a/%2e%2E/events", Outcome::malformed},
    {"GET", "/browsers/./x", Outcome::malformed},
    {"GET", "/browsers/a%2fb/telemetry/events", Outcome::malformed},
    {"GET", "/browsers/a%5cb", Outcome::malformed},
    {"GET", "/browsers/a\\b", Outcome::malformed},
    {"GET", "/browsers/a%00", Outcome::malformed},
    {"GET", std::string("/browsers/a\0", 12), Outcome::malformed},
    {"GET", "/browsers/%", Outcome::malformed},
    {"GET", "/browsers/%4", Outcome::malformed},
    {"GET", "/browsers/%zz", Outcome::malformed},
    {"GET", "/nothing/%zz", Outcome::malformed},
    {"GET", "/browsers/%ff%fe", Outcome::malformed},
    {"GET", "/browsers/%c0%af", Outcome::malformed},
    {"DELETE", "/browsers/" + kLongest + "x", Outcome::malformed},
};

TEST(RouteTable, a_method_and_a_path_have_one_meaning) {
  const auto routes = table();
  for (const auto& row : kRows) {
    const auto found = routes.find(row.method, row.path);
    const auto what = row.method + " " + row.path;
    EXPECT_EQ(found.outcome, row.outcome) << what;
    if (found.outcome != Outcome::found || row.outcome != Outcome::found) continue;
    EXPECT_EQ(found.route, row.route) << what;
    ASSERT_EQ(found.parameters.size(), row.parameters.size()) << what;
    for (std::size_t i = 0; i < row.parameters.size(); ++i)
      EXPECT_EQ(found.parameters[i], row.parameters[i]) << what;
    EXPECT_EQ(found.parameters.rest(), row.rest) << what;
  }
}

TEST(RouteTable, ten_thousand_segments_are_one_path_more) {
  std::string path = "/browsers/a", empty = "/browsers/a";
  for (int i = 0; i < 10'000; ++i) {
    path += "/s";
    empty += "/";
  }
  const auto routes = table();
  EXPECT_EQ(routes.find("GET", path).parameters.rest().size(), 19'999u);
  EXPECT_EQ(routes.find("DELETE", empty).route, kBrowser);
  EXPECT_EQ(routes.find("GET", "/process" + path).outcome, Outcome::no_path);
}

TEST(RouteTable, a_refusal_says_what_is_allowed) {
  const auto routes = table();
  const auto refused = refusal(routes.find("PATCH", "/browsers"));
  EXPECT_EQ(refused.status, 405);
  EXPECT_EQ(refused.headers.get("Allow"), "GET, HEAD, POST");
  EXPECT_NE(refused.body.find("\"method_not_allowed\""), std::string::npos) << refused.body;
  EXPECT_EQ(refusal(routes.find("HEAD", "/telemetry/stream")).headers.get("Allow"), "GET");
  const auto malformed = refusal(routes.find("GET", "/browsers/%"));
  EXPECT_EQ(malformed.status, 400);
  EXPECT_FALSE(malformed.headers.has("Allow"));
  EXPECT_NE(malformed.body.find("\"bad_request\""), std::string::npos) << malformed.body;
}

TEST(RouteTable, an_own_head_goes_before_that_of_get) {
  RouteTable routes;
  routes.add("GET", "/a", RouteTable::Head::by_get);
  routes.add("HEAD", "/a", RouteTable::Head::by_get);
  EXPECT_EQ(routes.find("HEAD", "/a").route, 1u);
  EXPECT_EQ(routes.find("PUT", "/a").allow, "GET, HEAD");
}

TEST(RouteTable, what_cannot_be_a_route_is_refused_when_it_is_added) {
  RouteTable routes;
  const auto add = [&](const char* method, const char* pattern) {
    routes.add(method, pattern, RouteTable::Head::by_get);
  };
  add("GET", "/a/{}");
  EXPECT_THROW(add("GET", "/a/{}"), std::logic_error);
  EXPECT_THROW(add("*", "/a/{}"), std::logic_error);
  for (const auto* pattern : {"", "a", "//a", "/a//b", "/**/a", "/{}/{}/{}/{}/{}"})
    EXPECT_THROW(add("GET", pattern), std::logic_error) << pattern;
}

}  // namespace
}  // namespace wye::net
