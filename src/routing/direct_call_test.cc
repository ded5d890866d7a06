#include "routing/direct_call.h"

#include <gtest/gtest.h>

#include "routing/fallback.h"
#include "routing/query.h"
#include "testing/fake_clock.h"

namespace wye::routing {
namespace {

TEST(DirectUrl, is_base_url_tail_query_and_the_jwt_once_and_last) {
  const Route route{.session_id = "s", .base_url = "http://m:1/browser/kernel/s", .jwt = "a.b/c+"};
  const auto url = [&](const char* tail, const char* query) { return direct_url(route, tail, query).text(); };
  EXPECT_EQ(url("telemetry/events", ""), "http://m:1/browser/kernel/s/telemetry/events?jwt=a.b%2Fc%2B");
  EXPECT_EQ(url("fs/a%2Fb/", "x=1&jwt=mine&%6Awt=too&y&z=%20&jwt"),
            "http://m:1/browser/kernel/s/fs/a%2Fb/?x=1&y&z=%20&jwt=a.b%2Fc%2B");
  EXPECT_EQ(direct_url({.session_id = "s", .base_url = "http://m", .jwt = "t"}, "curl", "").text(),
            "http://m/curl?jwt=t");
}

TEST(Query, keeps_every_other_pair_as_it_was) {
  EXPECT_EQ(without_jwt("a=1&&b=jwt&jwtx=2&xjwt=3&JWT=4"), "a=1&&b=jwt&jwtx=2&xjwt=3&JWT=4");
  EXPECT_EQ(without_jwt("jwt=1"), "");
  EXPECT_EQ(without_jwt("&jwt=1&a"), "&a");
  EXPECT_TRUE(has_jwt("a&j%77t"));
  EXPECT_FALSE(has_jwt("a=jwt"));
}

TEST(ApiKey, goes_only_below_the_base_path_and_never_below_a_route) {
  wye::testing::FakeClock clock;
  RouteCache cache(clock);
  cache.learn({.session_id = "s", .base_url = "http://c/kernel/v1/vm/s", .jwt = "t"}, "", cache.begin());
  const ApiKeyHolder holder({.origin = "http://c", .path = "/kernel/v1"}, "sk_key", cache);
  const auto sees = [&](const char* url) { return holder.may_see(split_url(url).value()); };
  EXPECT_TRUE(sees("http://c/kernel/v1"));
  EXPECT_TRUE(sees("http://c/kernel/v1/browsers?x=/../.."));
  EXPECT_TRUE(sees("http://c/kernel/v1/vm/s2"));
  for (const auto* url : {"http://c/", "http://c/kernel/v1x", "http://c/kernel/v1/../x",
                          "http://c/kernel/v1/%2e%2e/x", "http://c/kernel/v1/..%2f..%2fx",
                          "http://c/kernel/v1/..%5cx", "https://c/kernel/v1", "http://c:81/kernel/v1",
                          "http://other/kernel/v1", "http://c/kernel/v1/vm/s", "http://c/kernel/v1/vm/s/curl",
                          "http://c/kernel/v1/vm/x/../s/curl", "http://c/kernel/v1/vm/%73/curl"})
    EXPECT_FALSE(sees(url)) << url;
}

TEST(ApiKey, a_requests_own_authorization_comes_first_and_the_key_hides_in_no_other_field) {
  wye::testing::FakeClock clock;
  RouteCache cache(clock);
  const ApiKeyHolder holder({.origin = "http://c"}, "sk_key", cache);
  HeaderFields own{{"authorization", "Bearer mine"}};
  holder.attach(split_url("http://c/x").value(), own);
  EXPECT_EQ(own, (HeaderFields{{"authorization", "Bearer mine"}}));
  HeaderFields none{{"X", "1"}};
  holder.attach(split_url("http://c/x").value(), none);
  EXPECT_EQ(none.back(), (std::pair<std::string, std::string>{"Authorization", "Bearer sk_key"}));
  HeaderFields foreign{{"Authorization", "Bearer sk_key"}, {"X-Copy", "sk_key"}, {"X", "1"}};
  holder.attach(split_url("http://other/x").value(), foreign);
  EXPECT_EQ(foreign, (HeaderFields{{"X", "1"}}));
}

TEST(Fallback, only_exact_registered_tails_are_eligible) {
  EXPECT_TRUE(is_fallback_eligible("telemetry/events"));
  for (const auto* tail :
       {"", "telemetry", "telemetry/events/", "/telemetry/events", "telemetry/events/x", "telemetry/eventsx",
        "Telemetry/events", "telemetry%2Fevents", "telemetry/stream", "curl/raw"})
    EXPECT_FALSE(is_fallback_eligible(tail)) << tail;
}

TEST(Fallback, needs_a_404_to_a_get) {
  EXPECT_TRUE(may_fall_back("GET", "telemetry/events", 404));
  for (const auto* method : {"get", "HEAD", "POST", "DELETE", ""})
    EXPECT_FALSE(may_fall_back(method, "telemetry/events", 404));
  for (const int status : {200, 401, 403, 410, 500, 502, 503, 504})
    EXPECT_FALSE(may_fall_back("GET", "telemetry/events", status));
}

TEST(Fallback, gone_is_a_json_object_whose_code_is_that_string) {
  for (const auto* body : {R"({"code":"browser_gone"})", R"( {"message":1,"code":"browser_gone"} )",
                           R"({"code":"browser\u005fgone"})"})
    EXPECT_TRUE(says_browser_gone(body)) << body;
  for (const auto* body :
       {"", "browser_gone", R"("browser_gone")", R"(["browser_gone"])", R"({"code":["browser_gone"]})",
        R"({"code":null})", R"({"code":"browser_gone "})", R"({"Code":"browser_gone"})",
        R"({"code":"browser_gone"}x)", R"({"code":"browser_gone",})", R"({'code':'browser_gone'})",
        R"({"error":{"code":"browser_gone"}})", "{\"code\":\"browser_gone\""})
    EXPECT_FALSE(says_browser_gone(body)) << body;
}

}  // namespace
}  // namespace wye::routing
