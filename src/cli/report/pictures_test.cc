#include "cli/report/pictures.h"

#include <gtest/gtest.h>

#include "base/encoding.h"

namespace wye::cli {
namespace {

std::string png(char fill, std::size_t size = 100) {
  return base64("\x89PNG\r\n\x1a\n" + std::string(size - 8, fill));
}

TEST(Pictures, the_same_picture_is_kept_once) {
  Pictures pictures(1000);
  EXPECT_EQ(pictures.add(png('a')), 0);
  EXPECT_EQ(pictures.add(png('b')), 1);
  EXPECT_EQ(pictures.add(png('a')), 0);
  EXPECT_EQ(pictures.kept().size(), 2);
  EXPECT_EQ(pictures.distinct(), 2);
  EXPECT_EQ(pictures.bytes(), 200);
}

TEST(Pictures, what_is_no_picture_has_no_number) {
  Pictures pictures(1000);
  EXPECT_FALSE(pictures.add("</script><script>alert(1)</script>"));
  EXPECT_FALSE(pictures.add(base64("<svg xmlns='http://www.w3.org/2000/svg'/>")));
  EXPECT_FALSE(pictures.add(""));
  EXPECT_EQ(pictures.distinct(), 0);
}

TEST(Pictures, at_the_budget_all_stay_and_above_it_every_second) {
  Pictures pictures(1000);
  for (char fill = 'a'; fill < 'k'; ++fill) pictures.add(png(fill));
  EXPECT_EQ(pictures.kept().size(), 10);
  pictures.add(png('k'));
  std::vector<std::int64_t> numbers;
  for (const auto& [number, bytes] : pictures.kept()) numbers.push_back(number);
  EXPECT_EQ(numbers, (std::vector<std::int64_t>{0, 2, 4, 6, 8, 10}));
  EXPECT_EQ(pictures.add(png('l')), 11);  // between two of the stride: it has a number, but is not kept
  EXPECT_EQ(pictures.kept().count(11), 0);
}

TEST(Pictures, a_long_session_stays_within_the_budget_and_evenly_spread) {
  Pictures pictures(1000);
  for (int n = 0; n < 5000; ++n) {
    pictures.add(base64("\x89PNG\r\n\x1a\n" + std::to_string(100'000 + n) + std::string(86, 'x')));
    ASSERT_LE(pictures.bytes(), 1000);
  }
  EXPECT_EQ(pictures.distinct(), 5000);
  ASSERT_GE(pictures.kept().size(), 5);
  std::int64_t last = 0;
  for (const auto& [number, bytes] : pictures.kept()) {
    EXPECT_LE(number - last, 1024);
    last = number;
  }
  EXPECT_GT(last, 5000 - 1024);
}

TEST(Pictures, one_that_is_larger_than_the_budget_is_not_kept) {
  Pictures pictures(100);
  EXPECT_EQ(pictures.add(png('a', 101)), 0);
  EXPECT_TRUE(pictures.kept().empty());
  EXPECT_EQ(pictures.add(png('b', 100)), 1);
  EXPECT_EQ(pictures.kept().size(), 1);
  Pictures none(0);
  none.add(png('a'));
  EXPECT_TRUE(none.kept().empty());
}

}  // namespace
}  // namespace wye::cli
