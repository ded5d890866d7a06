#include "sdk/paths.h"

#include <gtest/gtest.h>

namespace wye::sdk {
namespace {

TEST(BrowserPath, no_name_leads_to_another_path) {
  EXPECT_EQ(browser_path("b").value(), "/browsers/b");
  EXPECT_EQ(browser_path("b", "/curl").value(), "/browsers/b/curl");
  EXPECT_EQ(browser_path("a/b?c#d").value(), "/browsers/a%2Fb%3Fc%23d");
  EXPECT_EQ(browser_path("../x").value(), "/browsers/..%2Fx");
  EXPECT_EQ(browser_path("...").value(), "/browsers/...");
  EXPECT_EQ(browser_path("%2e").value(), "/browsers/%252e");
  EXPECT_EQ(browser_path("a\r\nX: 1").value(), "/browsers/a%0D%0AX%3A%201");
  EXPECT_EQ(browser_path(std::string_view("\0", 1)).value(), "/browsers/%00");
  EXPECT_EQ(browser_path("\xff").value(), "/browsers/%FF");
  for (const char* none : {"", ".", ".."}) {
    ASSERT_FALSE(browser_path(none)) << none;
    EXPECT_EQ(browser_path(none).error().kind, ErrorKind::invalid) << none;
  }
}

TEST(Query, holds_what_is_set_encoded) {
  Query query;
  EXPECT_EQ(query.suffix(), "");
  query.add("a", std::optional<std::string>());
  query.add("n", std::optional<std::int64_t>());
  query.add_list("l", {});
  EXPECT_EQ(query.suffix(), "");
  query.add("a b", std::optional<std::string>("1&x=2"));
  query.add("n", std::optional<std::int64_t>(-7));
  query.add_list("l", {"x", "y,z"});
  EXPECT_EQ(query.suffix(), "?a%20b=1%26x%3D2&n=-7&l=x%2Cy%2Cz");
}

}  // namespace
}  // namespace wye::sdk
