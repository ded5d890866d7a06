#include "control/api/web_origin.h"

#include <gtest/gtest.h>

namespace wye::control {
namespace {

const WebOrigin kRule("wye.lan", {"api.example", "Other.Example:8443", "not a name"});

net::RequestHead head(const std::string& method, net::Headers headers, const std::string& upgrade = "") {
  return {.method = method, .target = "/browsers", .headers = std::move(headers), .upgrade = upgrade};
}

TEST(WebOrigin, addresses_local_names_and_named_hosts_are_answered) {
  for (const auto* host :
       {"", "127.0.0.1", "127.0.0.1:7711", "10.1.2.3:80", "[::1]", "[::1]:7711", "[fe80::1]:1", "localhost",
        "LOCALHOST:7711", "localhost.", "wye.localhost:1", "wye", "wye:7711", "wye.lan", "api.example",
        "API.EXAMPLE:443", "api.example.", "other.example"})
    EXPECT_TRUE(kRule.allows_host(host)) << host;
}

TEST(WebOrigin, names_that_a_strangers_dns_can_lead_here_and_nonsense_are_not) {
  for (const auto* host : {"evil.example",
                           "evil.example:7711",
                           "127.0.0.1.evil.example",
                           "localhost.evil.example",
                           "api.example.evil.example",
                           "xapi.example",
                           "evil.localhost.example",
                           "127.0.0.1:",
                           "127.0.0.1:x",
                           "127.0.0.1:123456",
                           "1.2.3.4.5",
                           "1.2.3",
                           "a b",
                           "a/b",
                           "user@127.0.0.1",
                           "a,b",
                           "[::1",
                           "[]",
                           "[evil.example]",
                           "[::1]x",
                           "evil.example,127.0.0.1",
                           ".",
                           "evil.example\t"})
    EXPECT_FALSE(kRule.allows_host(host)) << host;
}

TEST(WebOrigin, a_page_of_another_origin_changes_nothing_and_gets_no_socket) {
  for (const auto* origin : {"http://evil.example", "null", "", "https://127.0.0.1:7712", "http://127.0.0.1",
                             "http://127.0.0.1:7711.evil.example", "http://evil@127.0.0.1:7711", "file://",
                             "chrome-extension://abc", "127.0.0.1:7711", "http://127.0.0.1:7711/"}) {
    for (const auto* method : {"POST", "DELETE", "PATCH", "PUT", "OPTIONS", "X"})
      EXPECT_EQ(kRule.refusal(head(method, {{"Host", "127.0.0.1:7711"}, {"Origin", origin}}))
                    .value_or(Error{})
                    .code,
                "origin_not_allowed")
          << method << origin;
    EXPECT_TRUE(kRule.refusal(head("GET", {{"Host", "127.0.0.1:7711"}, {"Origin", origin}}, "websocket")));
    EXPECT_FALSE(kRule.refusal(head("GET", {{"Host", "127.0.0.1:7711"}, {"Origin", origin}})))
        << "without CORS headers no page can read the answer";
  }
}

TEST(WebOrigin, programs_and_pages_of_the_server_itself_go_on) {
  EXPECT_FALSE(kRule.refusal(head("POST", {{"Host", "127.0.0.1:7711"}})));
  // Node's fetch sends this.
  EXPECT_FALSE(kRule.refusal(head("POST", {{"Host", "localhost:7711"}, {"Sec-Fetch-Mode", "cors"}})));
  EXPECT_FALSE(
      kRule.refusal(head("POST", {{"Host", "127.0.0.1:7711"}, {"Origin", "http://127.0.0.1:7711"}})));
  EXPECT_FALSE(kRule.refusal(head("POST", {{"Host", "api.example"}, {"Origin", "https://API.example"}})));
}

TEST(WebOrigin, a_rebound_name_is_421_whatever_is_asked) {
  for (const auto* method : {"GET", "POST"}) {
    const auto refused =
        kRule.refusal(head(method, {{"Host", "evil.example:7711"}, {"Origin", "http://evil.example:7711"}}));
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->status, 421);
    EXPECT_NE(refused->message.find("--allow-host"), std::string::npos);
  }
}

}  // namespace
}  // namespace wye::control
