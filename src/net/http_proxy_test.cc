// Which requests go to a proxy. The proxy here records what it sees; nothing it is asked for leaves this
// machine.
#include <gtest/gtest.h>

#include <cstdlib>

#include "net/http_client.h"
#include "testing/scripted_peer.h"

namespace wye::net {
namespace {

using wye::testing::answer;
using wye::testing::ScriptedPeer;

// Not loopback, and yet no packet leaves: the kernel refuses to connect there.
constexpr const char* kNowhere = "http://255.255.255.255/";

class HttpProxy : public ::testing::Test {
 protected:
  HttpProxy() { forget_environment(); }
  ~HttpProxy() override { forget_environment(); }
  static void forget_environment() {
    for (const auto* name :
         {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"})
      ::unsetenv(name);
  }
  /// The body of the answer, or the code of the error.
  static std::string get(HttpClient& http, const std::string& url) {
    const auto response =
        http.send({.url = url, .deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10)});
    if (!response) return response.error().code;
    char piece[64];
    const auto got = (*response)->read(piece);
    return got ? std::string(piece, *got) : got.error().code;
  }
  [[nodiscard]] std::string here(const std::string& host) const {
    return "http://" + host + ":" + std::to_string(peer_.port()) + "/";
  }

  ScriptedPeer peer_{[](const auto&) { return answer(200, "peer"); }};
  ScriptedPeer proxy_{[](const auto&) { return answer(200, "proxy"); }};
  ScriptedPeer other_proxy_{[](const auto&) { return answer(200, "other proxy"); }};
};

TEST_F(HttpProxy, never_sees_what_goes_to_loopback_however_it_is_spelled) {
  for (const auto* name : {"http_proxy", "all_proxy"}) {
    ::setenv(name, proxy_.origin().c_str(), 1);
    HttpClient by_environment, by_choice({.proxy = proxy_.origin()});
    for (auto* http : {&by_environment, &by_choice})
      for (const auto* host :
           {"127.0.0.1", "127.1", "2130706433", "0x7f.1", "0177.0.0.1", "localhost", "LOCALHOST",
            "a.localhost", "0.0.0.0", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]"})
        EXPECT_EQ(get(*http, here(host)), "peer") << name << " " << host;
    for (const auto* host : {"[::1]", "[0:0:0:0:0:0:0:1]"})  // where nobody listens
      EXPECT_EQ(get(by_environment, here(host)), "connect_failed") << host;
    forget_environment();
  }
  ::setenv("https_proxy", proxy_.origin().c_str(), 1);
  HttpClient http;
  EXPECT_NE(get(http, "https://localhost:" + std::to_string(peer_.port()) + "/"), "proxy");
  EXPECT_EQ(proxy_.count(), 0u);
}

TEST_F(HttpProxy, of_the_environment_sees_the_rest_but_what_no_proxy_names) {
  HttpClient http;
  EXPECT_EQ(get(http, kNowhere), "connect_failed");
  ::setenv("http_proxy", proxy_.origin().c_str(), 1);
  EXPECT_EQ(get(http, "http://elsewhere.test/"), "proxy");
  EXPECT_EQ(get(http, "http://10.0.0.1/"), "proxy");
  ::setenv("no_proxy", ".test,255.255.255.255", 1);
  EXPECT_EQ(get(http, kNowhere), "connect_failed");
  EXPECT_EQ(proxy_.count(), 2u);
  EXPECT_TRUE(proxy_.seen()[0].line.starts_with("GET http://elsewhere.test/ ")) << proxy_.seen()[0].line;
}

TEST_F(HttpProxy, that_was_chosen_wins_over_the_environment) {
  ::setenv("http_proxy", proxy_.origin().c_str(), 1);
  ::setenv("no_proxy", "*", 1);
  HttpClient chosen({.proxy = other_proxy_.origin()});
  EXPECT_EQ(get(chosen, "http://elsewhere.test/"), "other proxy");
  ::unsetenv("no_proxy");
  HttpClient none({.proxy = ""});
  EXPECT_EQ(get(none, kNowhere), "connect_failed");
  EXPECT_EQ(proxy_.count(), 0u);
}

// A slot's connection to a proxy is not taken for one to the host.
TEST_F(HttpProxy, is_judged_for_each_request_also_on_kept_connections) {
  ::setenv("http_proxy", proxy_.origin().c_str(), 1);
  HttpClient http;
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(get(http, "http://elsewhere.test/"), "proxy");
    EXPECT_EQ(get(http, here("127.0.0.1")), "peer");
  }
}

}  // namespace
}  // namespace wye::net
