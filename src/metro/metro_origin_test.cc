#include "metro/metro_origin.h"

#include <gtest/gtest.h>

#include "metro/testing/metro_fixture.h"

namespace wye::metro {
namespace {

using namespace testing;

TEST(MetroOrigin, is_read_whatever_the_case_of_its_scheme) {
  const auto origin = MetroOrigin::parse("HTTPS://gw.example:8443/").value();
  EXPECT_EQ(origin.scheme(), "https");
  EXPECT_FALSE(origin.per_session());
  EXPECT_EQ(origin.url_of(kSession), "https://gw.example:8443");
  EXPECT_TRUE(origin.admits("whatever", kSession));
}

TEST(MetroOrigin, with_a_star_is_one_for_each_session) {
  const auto origin = MetroOrigin::parse("https://*.browsers.example:8443").value();
  EXPECT_EQ(origin.url_of(kSession), "https://" + kSession + ".browsers.example:8443");
  for (const auto& host : {kSession + ".browsers.example:8443", kSession + ".browsers.example",
                           kSession + ".Browsers.Example.", kSession + ".browsers.example:1"})
    EXPECT_TRUE(origin.admits(host, kSession)) << host;
  for (const auto& host : {kOtherSession + ".browsers.example:8443", std::string(".browsers.example"),
                           std::string(""), std::string("browsers.example"), std::string("127.0.0.1:8443"),
                           kSession + ".evil.example", "x." + kSession + ".browsers.example",
                           kSession + "x.browsers.example", kSession + "browsers.example"})
    EXPECT_FALSE(origin.admits(host, kSession)) << host;
}

TEST(MetroOrigin, what_is_no_origin_is_refused) {
  for (const char* text :
       {"", "gw.example", "ftp://gw.example", "https://", "https://*", "https://*.", "https://a.*.example",
        "https://**.example", "https://*x.example", "https://gw.example?x", "https://user@gw.example",
        "https://*.example/path", "https://gw example"})
    EXPECT_FALSE(MetroOrigin::parse(text)) << text;
}

class SessionOrigins : public MetroTest {
 protected:
  void start_with_origins() {
    options_.public_origin = MetroOrigin::parse("https://*.browsers.example").value();
    start_with_agent(answer_each([](const std::string& head) { return ok(head); }));
  }
  RawConnection::Answer ask_at(const std::string& host) {
    auto client = connect();
    client.send("GET /browser/kernel/" + kSession + "/telemetry?jwt=" + token() +
                " HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
    return client.read_answer();
  }
};

TEST_F(SessionOrigins, a_session_is_reached_at_its_own_host) {
  start_with_origins();
  const auto answer = ask_at(kSession + ".browsers.example");
  EXPECT_EQ(answer.status, 200);
  EXPECT_NE(answer.body.find("X-Forwarded-Host: " + kSession + ".browsers.example\r\n"), std::string::npos);
}

TEST_F(SessionOrigins, a_session_is_not_reached_at_any_other_host) {
  start_with_origins();
  for (const auto& host : {kOtherSession + ".browsers.example", std::string("127.0.0.1")}) {
    const auto answer = ask_at(host);
    EXPECT_EQ(answer.status, 421) << host;
    EXPECT_TRUE(answer.has("X-Wye-Source: gateway"));
    EXPECT_NE(answer.body.find("\"host_not_allowed\""), std::string::npos);
  }
  EXPECT_EQ(agent_->connections(), 0);
}

}  // namespace
}  // namespace wye::metro
