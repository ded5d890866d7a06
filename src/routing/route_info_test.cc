#include <gtest/gtest.h>

#include <string_view>
#include <vector>

#include "wye/route.h"

namespace wye {
namespace {

// Programs parse these words in the output of `wye api`.
TEST(RouteWords, are_those_of_the_contract) {
  const std::vector<std::string_view> vias{"none", "direct", "control_plane", "elsewhere"};
  for (std::size_t i = 0; i < vias.size(); ++i) EXPECT_EQ(to_string(static_cast<Via>(i)), vias[i]);
  const std::vector<std::string_view> reasons{
      "none",         "direct",     "no_route", "not_allowed", "not_a_browser_path", "not_control_plane",
      "browser_gone", "stale_route"};
  for (std::size_t i = 0; i < reasons.size(); ++i)
    EXPECT_EQ(to_string(static_cast<RouteReason>(i)), reasons[i]);
}

TEST(RouteWords, a_route_begins_as_none) {
  EXPECT_EQ(RouteInfo(), (RouteInfo{.via = Via::none, .reason = RouteReason::none, .fell_back = false}));
}

}  // namespace
}  // namespace wye
