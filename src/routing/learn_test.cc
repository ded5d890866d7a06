#include "routing/learn.h"

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "routing/session_end.h"
#include "testing/fake_clock.h"

namespace wye::routing {
namespace {

class Learning : public ::testing::Test {
 protected:
  RouteCache& after(const std::string& body) {
    cache_ = std::make_unique<RouteCache>(clock_);
    learn_from(body, cache_->begin(), *cache_);
    return *cache_;
  }
  std::string jwt_after(const std::string& body) {
    const auto route = after(body).find("s1");
    return route ? route->jwt : "none";
  }

  wye::testing::FakeClock clock_;
  std::unique_ptr<RouteCache> cache_;
};

TEST_F(Learning, all_three_fields_are_trimmed) {
  const auto route =
      after(R"({"session_id":" s1\t","base_url":" HTTP://M:80/b/ \n","jwt":" t "})").find("s1");
  ASSERT_TRUE(route);
  EXPECT_EQ(route->base_url, "http://m/b");
  EXPECT_EQ(route->jwt, "t");
}

TEST_F(Learning, the_jwt_field_wins_over_the_url_and_the_url_is_decoded) {
  EXPECT_EQ(
      jwt_after(R"({"session_id":"s1","base_url":"http://m","jwt":"field","cdp_ws_url":"ws://x?jwt=url"})"),
      "field");
  EXPECT_EQ(
      jwt_after(
          R"({"session_id":"s1","base_url":"http://m","jwt":"  ","cdp_ws_url":"ws://x?a=b&jwt=u%2Er%20&c"})"),
      "u.r");
  EXPECT_EQ(jwt_after(R"({"session_id":"s1","base_url":"http://m","cdp_ws_url":"ws://x?xjwt=no"})"), "none");
  EXPECT_EQ(jwt_after(R"({"session_id":"s1","base_url":"http://m","cdp_ws_url":"ws://x?jwt=%zz"})"), "none");
}

TEST_F(Learning, without_all_three_there_is_no_route) {
  EXPECT_EQ(jwt_after(R"({"base_url":"http://m","jwt":"t"})"), "none");
  EXPECT_EQ(jwt_after(R"({"session_id":"s1","jwt":"t"})"), "none");
  EXPECT_EQ(jwt_after(R"({"session_id":"s1","base_url":"http://m"})"), "none");
  EXPECT_EQ(jwt_after(R"({"session_id":"s1","base_url":7,"jwt":"t"})"), "none");
}

TEST_F(Learning, a_base_url_that_nothing_could_be_sent_to_is_none) {
  for (const auto* url : {"m/b", "ftp://m", "http://u:p@m", "http://m?x", "http://m/a b", "javascript:x",
                          "http://m/x#y", "https://m:443.evil"})
    EXPECT_EQ(jwt_after(std::string(R"({"session_id":"s1","base_url":")") + url + R"(","jwt":"t"})"), "none")
        << url;
}

TEST_F(Learning, nothing_deeper_than_a_direct_member_is_looked_at) {
  const std::string browser = R"({"session_id":"s1","base_url":"http://m","jwt":"t"})";
  for (const auto& good :
       {browser, "[" + browser + "]", R"({"browser":)" + browser + "}", R"({"a":1,"b":[2,)" + browser + "]}"})
    EXPECT_EQ(jwt_after(good), "t") << good;
  for (const auto& bad :
       {"[[" + browser + "]]", R"([{"browser":)" + browser + "}]", R"({"a":{"b":)" + browser + "}}",
        R"({"session_id":"x","chrome_policy":)" + browser + "}", R"({"a":[{"b":)" + browser + "}]}",
        browser + "x", std::string("\xef\xbb\xbf") + browser})
    EXPECT_EQ(jwt_after(bad), "none") << bad;
}

TEST_F(Learning, a_deleted_browser_is_not_learned_and_null_is_not_deleted) {
  EXPECT_EQ(
      jwt_after(R"({"session_id":"s1","base_url":"http://m","jwt":"t","deleted_at":"2026-01-01T00:00:00Z"})"),
      "none");
  EXPECT_EQ(jwt_after(R"({"session_id":"s1","base_url":"http://m","jwt":"t","deleted_at":null})"), "t");
}

TEST_F(Learning, a_later_browser_without_a_route_takes_the_name_away) {
  auto& cache = after(
      R"([{"session_id":"s1","name":"n","base_url":"http://m","jwt":"t"},{"session_id":"s2","name":"N"}])");
  EXPECT_TRUE(cache.find("s1"));
  EXPECT_FALSE(cache.find("n"));
}

TEST_F(Learning, expiry_is_read_where_it_can_be) {
  const auto jwt = [](const std::string& claims) { return "e30." + base64url(claims) + ".sig"; };
  EXPECT_EQ(jwt_expiry(jwt(R"({"exp":1234})")), 1234);
  EXPECT_EQ(jwt_expiry(jwt(R"({"exp":1234.9})")), 1234);
  EXPECT_EQ(jwt_expiry(jwt(R"({"exp":0})")), 1) << "long past, not never";
  EXPECT_EQ(jwt_expiry(jwt(R"({"exp":-5})")), 1);
  for (const auto& unreadable :
       {jwt("{}"), jwt(R"({"exp":"1234"})"), jwt("[1]"), jwt("x"), std::string("a.b"), std::string("opaque"),
        std::string(""), std::string("a.!!.c")})
    EXPECT_EQ(jwt_expiry(unreadable), 0) << unreadable;
}

TEST(LearningPath, is_one_of_three) {
  for (const auto* path : {"/browsers", "/browsers/", "browsers/x", "/v1/browsers/x/",
                           "/browser_pools/p/acquire", "/v9/browser_pools/p/acquire"})
    EXPECT_TRUE(is_learning_path(path)) << path;
  for (const auto* path : {"", "/", "/browsers/x/curl", "/browsers/..", "/profiles", "/browser_pools",
                           "/browser_pools/p", "/browser_pools//acquire", "/browser_pools/acquire",
                           "/browser_pools/a/b/acquire", "/v1", "/x/browsers"})
    EXPECT_FALSE(is_learning_path(path)) << path;
}

TEST(JsonType, parameters_do_not_matter) {
  for (const auto* type :
       {"application/json", "Application/JSON ; charset=utf-8", "application/vnd.x+json", "text/x+JSON"})
    EXPECT_TRUE(is_json_type(type)) << type;
  for (const auto* type :
       {"", "text/json", "application/jsonx", "application/xml", "text/html; a=application/json"})
    EXPECT_FALSE(is_json_type(type)) << type;
}

TEST(SessionEnd, is_a_delete_or_a_release) {
  const auto ended = [](const char* method, const char* path, const char* body = "") {
    return session_ended_by({.method = method, .body = body}, path);
  };
  EXPECT_EQ(ended("DELETE", "/browsers/a%20b/"), "a b");
  EXPECT_EQ(ended("DELETE", "/v1/browsers/x"), "x");
  EXPECT_EQ(ended("DELETE", "/browsers/x/fs/watch/1"), "");
  EXPECT_EQ(ended("DELETE", "/browsers"), "");
  EXPECT_EQ(ended("DELETE", "/profiles/x"), "");
  EXPECT_EQ(ended("GET", "/browsers/x"), "");
  EXPECT_EQ(ended("POST", "/browser_pools/p/release", R"({"session_id":"s"})"), "s");
  EXPECT_EQ(ended("POST", "/browser_pools/p/release", R"({"session_id":7})"), "");
  EXPECT_EQ(ended("POST", "/browser_pools/p/release", "s"), "");
  EXPECT_EQ(ended("POST", "/browser_pools/p/q/release", R"({"session_id":"s"})"), "");
  EXPECT_EQ(ended("DELETE", "/browser_pools/p/release", R"({"session_id":"s"})"), "");
}

}  // namespace
}  // namespace wye::routing
