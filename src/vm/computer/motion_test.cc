#include "vm/computer/motion.h"

#include <gtest/gtest.h>

#include <cmath>

namespace wye::vm {
namespace {

using std::chrono::milliseconds;

/// Always the same bytes, so that a way can be told in advance.
class Repeating final : public Random {
 public:
  explicit Repeating(std::uint8_t byte) : byte_(byte) {}
  void fill(std::span<std::uint8_t> out) override { std::fill(out.begin(), out.end(), byte_); }

 private:
  std::uint8_t byte_;
};

milliseconds length_of(const std::vector<MotionStep>& way) {
  milliseconds out{0};
  for (const auto& step : way) out += step.pause;
  return out;
}

constexpr ScreenSize kScreen{800, 600};

TEST(SmoothWay, ends_where_it_should_in_the_time_that_it_has) {
  for (const std::uint8_t byte : {0, 7, 99, 250}) {
    Repeating random(byte);
    for (const int ms : {50, 400, 5'000}) {
      const auto way = smooth_way({10, 590}, {790, 5}, kScreen, milliseconds(ms), random);
      EXPECT_EQ(way.back().to, (ScreenPoint{790, 5}));
      EXPECT_EQ(length_of(way).count(), ms);
      EXPECT_GE(way.size(), 3u);
      for (const auto& step : way) EXPECT_TRUE(kScreen.holds(step.to)) << step.to.x << "," << step.to.y;
    }
  }
}

TEST(SmoothWay, is_slow_at_both_ends_and_not_straight) {
  Repeating random(1);
  const auto way = smooth_way({0, 300}, {799, 300}, kScreen, milliseconds(800), random);
  const auto moved = [&](std::size_t i) { return way[i].to.x - way[i - 1].to.x; };
  EXPECT_LT(moved(1) * 3, moved(way.size() / 2));
  EXPECT_LT(moved(way.size() - 1) * 3, moved(way.size() / 2));
  EXPECT_NE(way[way.size() / 2].to.y, 300);
}

TEST(SmoothWay, takes_longer_for_a_longer_way_within_bounds) {
  Repeating random(3);
  const auto none = length_of(smooth_way({5, 5}, {5, 5}, kScreen, std::nullopt, random));
  const auto near = length_of(smooth_way({5, 5}, {60, 5}, kScreen, std::nullopt, random));
  const auto far = length_of(smooth_way({5, 5}, {790, 590}, kScreen, std::nullopt, random));
  EXPECT_GE(none.count(), 50);
  EXPECT_LT(near, far);
  EXPECT_LE(far.count(), 1'200);
}

TEST(SmoothWay, passes_through_all_points) {
  Repeating random(200);
  const std::vector<ScreenPoint> path{{10, 10}, {200, 10}, {200, 200}, {200, 200}};
  const auto way = smooth_way(path, kScreen, milliseconds(600), random);
  std::size_t next = 1;
  for (const auto& step : way)
    if (next < path.size() && step.to == path[next]) ++next;
  EXPECT_GE(next, 3u);
  EXPECT_EQ(way.back().to, path.back());
  EXPECT_NEAR(static_cast<double>(length_of(way).count()), 600, 5);
  const auto still = smooth_way({{4, 4}, {4, 4}}, kScreen, milliseconds(100), random);
  EXPECT_EQ(still.back().to, (ScreenPoint{4, 4}));
}

TEST(StraightWay, has_as_many_steps_as_asked) {
  const auto way = straight_way({{0, 0}, {10, 20}, {10, 0}}, 4, milliseconds(5));
  ASSERT_EQ(way.size(), 8u);
  EXPECT_EQ(way[0].pause.count(), 0);
  EXPECT_EQ(way[1].pause.count(), 5);
  EXPECT_EQ(way[0].to, (ScreenPoint{3, 5}));
  EXPECT_EQ(way[3].to, (ScreenPoint{10, 20}));
  EXPECT_EQ(way[7].to, (ScreenPoint{10, 0}));
}

}  // namespace
}  // namespace wye::vm
