#include "cli/cdp/local_names.h"

#include <gtest/gtest.h>

namespace wye::cli {
namespace {

TEST(LocalClients, programs_of_this_machine_are_served_and_web_pages_are_not) {
  const LocalClients local(false), network(true);
  for (const auto* host :
       {"localhost", "LOCALHOST:9222", "127.0.0.1:9222", "127.0.0.2", "[::1]:9222", "a.localhost:1"})
    EXPECT_FALSE(local.refusal({{"Host", host}})) << host;
  for (const auto* host :
       {"", "evil.example", "evil.example:9222", "localhost.evil.example", "127.0.0.1.evil.example",
        "127.0.0.1:x", "127.0.0.1:9222/x", "[::1", "[::1]x", "\".localhost", "10.0.0.1:9222"})
    EXPECT_TRUE(local.refusal({{"Host", host}})) << host;
  EXPECT_FALSE(network.refusal({{"Host", "10.0.0.1:9222"}}));
  EXPECT_TRUE(network.refusal({{"Host", "evil.example"}})) << "a name may lead anywhere";
  EXPECT_TRUE(local.refusal({}));
}

TEST(LocalClients, origins_are_refused_as_chromium_refuses_them) {
  const LocalClients local(false);
  const auto is_refused = [&](const char* name, const char* value) {
    return local.refusal({{"Host", "127.0.0.1:9222"}, {name, value}}).has_value();
  };
  for (const auto* origin :
       {"https://evil.example", "http://127.0.0.1:9222", "null", "", "devtools://devtools.evil"})
    EXPECT_TRUE(is_refused("Origin", origin)) << origin;
  EXPECT_FALSE(is_refused("Origin", "devtools://devtools"));
  for (const auto* site : {"cross-site", "same-site", ""})
    EXPECT_TRUE(is_refused("Sec-Fetch-Site", site)) << site;
  for (const auto* site : {"none", "same-origin"}) EXPECT_FALSE(is_refused("Sec-Fetch-Site", site)) << site;
}

TEST(SessionPath, has_what_a_chromium_has) {
  struct Row {
    const char *path, *there;
    bool is_socket;
  };
  for (const auto& row :
       {Row{"/devtools/browser/s1", "", true}, Row{"/devtools/browser", "", true},
        Row{"/devtools/page/0AF-b", "/devtools/page/0AF-b", true}, Row{"/json", "/json", false},
        Row{"/json/", "/json", false}, Row{"/json/version/", "/json/version", false},
        Row{"/json/new", "/json/new", false}, Row{"/json/close/AB12", "/json/close/AB12", false},
        Row{"/json/protocol", "/json/protocol", false}}) {
    const auto found = session_path(row.path, "s1");
    ASSERT_TRUE(found) << row.path;
    EXPECT_EQ(found->path, row.there);
    EXPECT_EQ(found->is_socket, row.is_socket);
  }
  for (const auto* path :
       {"/", "", "/jsonx", "/json/close/", "/json/close/a/b", "/json/close/a%2fb", "/json/close/..",
        "/devtools/browser/s2", "/devtools/page/", "/devtools/page/../x", "/browser/cdp", "/json/x"})
    EXPECT_FALSE(session_path(path, "s1")) << path;
  EXPECT_FALSE(session_path("/devtools/page/" + std::string(200, 'a'), "s1"));
}

TEST(WithLocalUrls, nothing_leads_past_the_local_address) {
  const std::string there = "wss://gw.example/browser/cdp";
  EXPECT_EQ(with_local_urls(R"({"Browser":"Chrome/1","webSocketDebuggerUrl":")" + there + R"(?jwt=secret"})",
                            "localhost:9222", "s1", "secret"),
            R"({"Browser":"Chrome/1","webSocketDebuggerUrl":"ws://localhost:9222/devtools/browser/s1"})");
  EXPECT_EQ(
      with_local_urls(
          R"([{"id":"A1","webSocketDebuggerUrl":")" + there + R"(/devtools/page/A1?jwt=secret"},7])",
          "localhost:9222", "s1", "secret"),
      R"([{"id":"A1","webSocketDebuggerUrl":"ws://localhost:9222/devtools/page/A1",)"
      R"("devtoolsFrontendUrl":"devtools://devtools/bundled/inspector.html?ws=localhost:9222/devtools/page/A1"},7])");
  EXPECT_FALSE(with_local_urls(R"([{"title":"a secret"}])", "localhost:9222", "s1", "secret"))
      << "shown nowhere";
  EXPECT_FALSE(with_local_urls("Target activated", "localhost:9222", "s1", "secret"));
}

}  // namespace
}  // namespace wye::cli
