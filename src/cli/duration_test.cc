#include "cli/duration.h"

#include <gtest/gtest.h>

namespace wye::cli {
namespace {

TEST(Duration, is_a_number_with_a_unit) {
  using std::chrono::seconds;
  EXPECT_EQ(parse_duration("0").value(), seconds(0));
  EXPECT_EQ(parse_duration("90s").value(), seconds(90));
  EXPECT_EQ(parse_duration("30m").value(), seconds(1800));
  EXPECT_EQ(parse_duration("24h").value(), seconds(86'400));
  EXPECT_EQ(parse_duration("7d").value(), seconds(604'800));
  for (const auto* bad : {"", "5", "h", "-1h", "1.5h", "1 h", "1H", "1hh", "99999999999999999999s", "4000d"})
    EXPECT_FALSE(parse_duration(bad)) << bad;
}

}  // namespace
}  // namespace wye::cli
