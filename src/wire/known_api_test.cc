#include "wire/known_api.h"

#include <gtest/gtest.h>

namespace wye::wire {
namespace {

TEST(KnownApi, resources_are_known_by_their_whole_path) {
  for (const char* path :
       {"profiles", "profiles/", "profiles/alice", "profiles/alice/download", "proxies/x/check", "extensions",
        "extensions/from_chrome_store", "browser_pools/p/acquire", "org/projects/p/limits", "projects",
        "audit-logs", "audit-logs/export/chunk", "apps", "invocations/x/events", "auth/connections/x/login",
        "credentials/c", "vaults/v/items/i", "search"})
    EXPECT_TRUE(is_known_resource(path)) << path;
  for (const char* path : {"", "profile", "profiles/alice/upload", "browsers", "browser_pools/p/acquire/x",
                           "org", "org/api_keys", "auth/context", "telemetry/destinations", "metrics",
                           "healthz", "profiles//download", "applications"})
    EXPECT_FALSE(is_known_resource(path)) << path;
}

TEST(KnownApi, what_is_not_here_is_said_by_its_name) {
  const auto error = not_implemented("fs/read_file");
  EXPECT_EQ(error.code, "not_implemented");
  EXPECT_EQ(error.status, 501);
  EXPECT_NE(error.message.find("fs/read_file"), std::string::npos);
}

TEST(KnownApi, devtools_clients_are_known_by_what_they_ask) {
  for (const char* path : {"/json", "/json/version", "/json/version/", "/json/list", "/devtools/browser",
                           "/devtools/page/X", "/cdp", "/browser/cdp"})
    EXPECT_TRUE(is_devtools_path(path)) << path;
  for (const char* path : {"/", "/jsons", "/browsers", "/browser/kernel"})
    EXPECT_FALSE(is_devtools_path(path));
  EXPECT_NE(wrong_cdp_url(true, "h:1").message.find("wss://h:1/browser/cdp?jwt="), std::string::npos);
}

}  // namespace
}  // namespace wye::wire
