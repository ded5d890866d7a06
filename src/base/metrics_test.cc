#include "base/metrics.h"

#include <gtest/gtest.h>

#include <limits>
#include <optional>
#include <vector>

#include "base/byte_budget.h"
#include "base/process_stats.h"
#include "testing/sanitizer_share.h"

namespace wye {
namespace {

TEST(Exposition, a_family_is_told_once_and_its_samples_follow) {
  Exposition out;
  out.family("wye_requests_total", Exposition::Type::counter, "Requests.");
  out.sample({{"leg", "direct"}, {"outcome", "2xx"}}, std::uint64_t{7});
  out.sample({{"leg", "direct"}, {"outcome", "4xx"}}, std::uint64_t{0});
  out.single("wye_open", Exposition::Type::gauge, "Open.", 2.5);
  EXPECT_EQ(out.text(),
            "# HELP wye_requests_total Requests.\n"
            "# TYPE wye_requests_total counter\n"
            "wye_requests_total{leg=\"direct\",outcome=\"2xx\"} 7\n"
            "wye_requests_total{leg=\"direct\",outcome=\"4xx\"} 0\n"
            "# HELP wye_open Open.\n"
            "# TYPE wye_open gauge\n"
            "wye_open 2.5\n");
}

TEST(Exposition, what_would_break_a_line_is_escaped) {
  Exposition out;
  out.family("x", Exposition::Type::gauge, "a \"b\"\nc\\d");
  out.sample({{"l", "a\"b\nc\\d"}}, std::uint64_t{1});
  EXPECT_EQ(out.text(), "# HELP x a \"b\"\\nc\\\\d\n# TYPE x gauge\nx{l=\"a\\\"b\\nc\\\\d\"} 1\n");
}

TEST(Exposition, numbers_keep_their_value) {
  Exposition out;
  out.family("x", Exposition::Type::gauge, "X.");
  out.sample(std::numeric_limits<std::uint64_t>::max());
  out.sample({}, 1764062400.25);
  out.sample({}, std::numeric_limits<double>::infinity());
  out.sample({}, std::numeric_limits<double>::quiet_NaN());
  EXPECT_NE(out.text().find("x 18446744073709551615\nx 1764062400.25\nx +Inf\nx NaN\n"), std::string::npos)
      << out.text();
}

TEST(Counter, is_added_to_and_taken_from) {
  OwnCounter own;
  SharedCounter shared;
  own.add();
  own.add(5);
  own.take(2);
  shared.add(3);
  shared.take();
  EXPECT_EQ(own.value(), 4u);
  EXPECT_EQ(shared.value(), 2u);
}

TEST(ByteBudget, holds_no_more_than_its_bytes_and_gets_them_back) {
  ByteBudget budget(100);
  {
    ByteBudget::Held one(budget), two(budget);
    EXPECT_TRUE(one.add(60));
    EXPECT_TRUE(two.add(40));
    EXPECT_FALSE(two.add(1));
    EXPECT_EQ(budget.held(), 100u);
    EXPECT_EQ(two.bytes(), 40u);
    const ByteBudget::Held moved = std::move(one);
    EXPECT_EQ(moved.bytes(), 60u);
  }
  EXPECT_EQ(budget.held(), 0u);
  EXPECT_EQ(budget.refused(), 1u);
}

TEST(ProcessStats, tell_of_this_process) {
  const auto stats = process_stats();
  EXPECT_GE(stats.open_files, 3u);
  EXPECT_GE(stats.max_files, stats.open_files);
  EXPECT_GT(stats.resident_bytes, 1u << 20);
  EXPECT_GT(stats.virtual_bytes, stats.resident_bytes);
  EXPECT_GE(stats.threads, 1u);
  EXPECT_GT(stats.start_time_seconds, 1.7e9);
}

TEST(ProcessStats, the_heap_is_what_is_allocated_and_not_freed) {
  if (testing::kSanitizerShare > 1)
    GTEST_SKIP() << "a sanitizer has an allocator of its own, which malloc's figures leave out";
  const auto before = process_stats().heap_bytes;
  std::optional<std::vector<char>> large(16u << 20),
      small(1u << 14);                      // one large enough for a mapping of its own, one not
  EXPECT_EQ(large->back(), small->back());  // so that neither is optimized away
  const auto with_both = process_stats().heap_bytes;
  large.reset();
  const auto with_small = process_stats().heap_bytes;
  EXPECT_GE(with_both, before + (16u << 20) + (1u << 14));
  EXPECT_LT(with_small, before + (1u << 20));
  EXPECT_GE(with_small, before + (1u << 14));
}

}  // namespace
}  // namespace wye
