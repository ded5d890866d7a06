#include "control/api/api_path.h"

#include <gtest/gtest.h>

#include "control/api/misdirected.h"

namespace wye::control {
namespace {

TEST(ApiPath, a_version_in_front_is_left_out) {
  struct Row {
    const char *path, *rest;
  };
  for (const auto& row : {Row{"/v1/browsers", "/browsers"}, Row{"/v27/", "/"}, Row{"/v1", "/"},
                          Row{"/v1//x", "//x"}, Row{"/v/x", "/v/x"}, Row{"/v1x/y", "/v1x/y"},
                          Row{"/V1/x", "/V1/x"}, Row{"v1/x", "v1/x"}, Row{"/browsers/v1", "/browsers/v1"},
                          Row{"", ""}, Row{"/", "/"}, Row{"*", "*"}, Row{"/v1/v2/x", "/v2/x"}})
    EXPECT_EQ(without_version(row.path), row.rest) << row.path;
}

TEST(ApiPath, what_the_api_has_is_told_from_what_nobody_knows) {
  EXPECT_EQ(not_served("/profiles/alice").code, "not_implemented");
  EXPECT_NE(not_served("/profiles/alice/").message.find("profiles/alice is"), std::string::npos);
  for (const auto* path : {"/applications", "/", "", "/nothing/of/ours", "/profiles/a/b/c"})
    EXPECT_EQ(not_served(path).code, "not_found") << path;
}

TEST(Misdirected, only_a_devtools_client_is_told_where_browsers_are) {
  const Misdirected misdirected(metro::MetroOrigin::parse("https://*.gw.example").value());
  const auto is_told = [&](const std::string& target, const std::string& upgrade = {}) {
    const net::RequestHead head{.method = "GET", .target = target, .headers = {}, .upgrade = upgrade};
    const auto told = misdirected.refusal(head, without_version(head.path()));
    EXPECT_TRUE(!told || told->message.find("wss://SESSION.gw.example/") != std::string::npos);
    return told.has_value();
  };
  for (const auto* target :
       {"/json/version", "/devtools/browser/x", "/browsers/x/json", "/browsers/x/cdp?jwt=y"})
    EXPECT_TRUE(is_told(target)) << target;
  for (const auto* target : {"/browsers", "/browsers/x", "/browsers/x/telemetry/stream", "/jsonx"})
    EXPECT_FALSE(is_told(target)) << target;
  for (const auto* target : {"/", "/browsers/x", "/browsers/..", "/browsers/%zz/y", "/browsers//y"})
    EXPECT_TRUE(is_told(target, "websocket")) << target;
  EXPECT_FALSE(is_told("/browsers/x/live", "WebSocket")) << "the VM's";
}

}  // namespace
}  // namespace wye::control
