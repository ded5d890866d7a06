#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "net/testing/tls_client.h"
#include "serve_process.h"
#include "wye/client.h"

// `wye serve` on IPv6, with a browser that is reached in every way.
namespace wye::live {
namespace {

bool has_ipv6() { return std::ifstream("/proc/net/if_inet6").peek() != std::ifstream::traits_type::eof(); }

void tell_the_story(const ServeProcess& server, const std::string& origin,
                    std::optional<std::string> ca_file) {
  EXPECT_TRUE(server.base_url().starts_with(origin)) << server.base_url();
  const Client client(
      {.api_key = server.api_key(), .base_url = server.base_url(), .ca_file = ca_file, .max_retries = 0});
  const auto browser =
      client.browsers().create({.headless = true, .timeout_seconds = 300, .telemetry = {.enabled = true}});
  ASSERT_TRUE(browser) << browser.error().message;
  EXPECT_TRUE(browser->base_url->starts_with(origin)) << *browser->base_url;
  EXPECT_NE(browser->cdp_ws_url.find("://[::1]:"), std::string::npos) << browser->cdp_ws_url;
  const Request events{.method = "GET", .path = "/browsers/" + browser->session_id + "/telemetry/events"};
  const auto direct = client.request(events);
  ASSERT_TRUE(direct) << direct.error().message;
  EXPECT_EQ(direct->status, 200);
  EXPECT_EQ(direct->route.via, Via::direct);
  const auto version =
      client.open({.path = browser->base_url->substr(0, browser->base_url->find("/browser/")) +
                           "/browser/cdp/json/version?jwt=" +
                           browser->cdp_ws_url.substr(browser->cdp_ws_url.find("jwt=") + 4)});
  ASSERT_TRUE(version) << version.error().message;
  const Client stranger({.api_key = server.api_key(), .base_url = server.base_url(), .ca_file = ca_file});
  ASSERT_TRUE(stranger.browsers().remove(browser->session_id));
  const auto past = client.request(events);
  ASSERT_TRUE(past) << past.error().message;
  EXPECT_TRUE(past->route.fell_back);
  EXPECT_EQ(past->status, 200);
}

TEST(LiveIpv6, a_browser_lives_on_its_loopback) {
  if (!has_ipv6()) GTEST_SKIP();
  const ServeProcess server({.listen = "[::1]:0"});
  tell_the_story(server, "http://[::1]:", std::nullopt);
}

TEST(LiveIpv6, and_over_tls_by_a_certificate_for_the_address) {
  if (!has_ipv6()) GTEST_SKIP();
  net::testing::TempDir directory;
  const net::testing::TestCertificate authority("authority"), own("own", &authority);
  std::ofstream(directory.file("cert.pem")) << own.certificate();
  std::ofstream(directory.file("key.pem")) << own.key();
  std::ofstream(directory.file("ca.pem")) << authority.certificate();
  ::chmod(directory.file("key.pem").c_str(), 0600);
  const ServeProcess server(
      {.listen = "[::1]:0",
       .extra_args = {"--tls-cert", directory.file("cert.pem"), "--tls-key", directory.file("key.pem")}});
  tell_the_story(server, "https://[::1]:", directory.file("ca.pem"));
  EXPECT_EQ(server.output().find("the certificate is not for"), std::string::npos) << server.output();
}

// One listener serves both families; clients are told the address that they must use.
TEST(LiveIpv6, all_addresses_are_those_of_both_families) {
  if (!has_ipv6()) GTEST_SKIP();
  const ServeProcess server({.listen = "[::]:0"});
  for (const std::string host : {"127.0.0.1", "[::1]", "localhost"}) {
    const Client client({.api_key = server.api_key(),
                         .base_url = "http://" + host + ":" + std::to_string(server.port()),
                         .max_retries = 0});
    const auto listed = client.request({.path = "/browsers"});
    ASSERT_TRUE(listed) << host << ": " << listed.error().message;
    EXPECT_EQ(listed->status, 200) << host;
  }
}

}  // namespace
}  // namespace wye::live
