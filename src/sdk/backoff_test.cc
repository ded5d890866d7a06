#include "sdk/backoff.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "sdk/testing/fixed_random.h"

namespace wye::sdk {
namespace {

using std::chrono::milliseconds;

// Sun, 06 Nov 1994 08:49:37 GMT, the example of RFC 9110 §5.6.7.
constexpr std::int64_t kThen = 784'111'777;
constexpr std::int64_t kDay = 24 * 3600 * 1000;

std::optional<std::int64_t> asked(const HeaderFields& headers, std::int64_t now_micros = kThen * 1'000'000) {
  const auto pause = asked_pause(headers, now_micros);
  return pause ? std::optional(pause->count()) : std::nullopt;
}

TEST(RetryAfter, numbers_are_seconds_and_bounded_by_a_day) {
  using Row = std::pair<std::string, std::optional<std::int64_t>>;
  for (const auto& [text, expected] : std::vector<Row>{{"0", 0},
                                                       {"1", 1000},
                                                       {"007", 7000},
                                                       {"1.5", 1500},
                                                       {".25", 250},
                                                       {"3.", 3000},
                                                       {"86400", kDay},
                                                       {"86401", kDay},
                                                       {"4294967296", kDay},
                                                       {"9223372036854775808", kDay},
                                                       {std::string(40, '9'), kDay},
                                                       {std::string(400, '9'), kDay},
                                                       {std::string(4000, '0'), 0}})
    EXPECT_EQ(asked({{"Retry-After", text}}), expected) << text.substr(0, 40);
}

TEST(RetryAfter, what_is_neither_number_nor_date_asks_for_nothing) {
  for (const std::string text : {"",
                                 " ",
                                 "-1",
                                 "-0",
                                 "+5",
                                 "1e3",
                                 "1e999",
                                 "inf",
                                 "-inf",
                                 "nan",
                                 "infinity",
                                 "0x10",
                                 "1.2.3",
                                 ".",
                                 "1,2",
                                 "1 2",
                                 "5s",
                                 "soon",
                                 "Sun",
                                 "99:99:99",
                                 "Sun, 06 Nov 1994 99:99:99 GMT",
                                 "Sun, 99 Xyz 1994 08:49:37 GMT",
                                 "\xff\xfe",
                                 "Mon, 01 Jan 1500 00:00:00 GMT"})
    EXPECT_EQ(asked({{"Retry-After", text}}), std::nullopt) << text;
  EXPECT_EQ(asked({{"Retry-After", std::string(100'000, 'x')}}), std::nullopt);
  EXPECT_EQ(asked({}), std::nullopt);
}

TEST(RetryAfter, dates_of_all_three_forms_are_read_against_the_clock) {
  for (const std::string date :
       {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"}) {
    const HeaderFields headers{{"Retry-After", date}};
    EXPECT_EQ(asked(headers, (kThen - 90) * 1'000'000), 90'000) << date;
    EXPECT_EQ(asked(headers, kThen * 1'000'000 - 1'500), 1) << date << ": parts of a second count";
    EXPECT_EQ(asked(headers, kThen * 1'000'000), 0) << date;
    EXPECT_EQ(asked(headers, (kThen + 1) * 1'000'000), 0) << date << " has passed";
    EXPECT_EQ(asked(headers, 1'900'000'000'000'000), 0) << date << " has passed long ago";
    EXPECT_EQ(asked(headers, (kThen - 90'000) * 1'000'000), kDay) << date << " is more than a day ahead";
  }
  EXPECT_EQ(asked({{"Retry-After", "Fri, 31 Dec 9999 23:59:59 GMT"}}), kDay);
  EXPECT_EQ(asked({{"Retry-After", "Thu, 01 Jan 1970 00:00:00 GMT"}}), 0);
}

TEST(RetryAfter, milliseconds_come_first_where_they_are_a_number) {
  EXPECT_EQ(asked({{"Retry-After", "9"}, {"retry-after-ms", "20"}}), 20);
  EXPECT_EQ(asked({{"Retry-After-Ms", "0.5"}}), 0);
  EXPECT_EQ(asked({{"retry-after-ms", "99999999999"}}), kDay);
  for (const std::string text : {"-20", "1e2", "nan", "", "x"})
    EXPECT_EQ(asked({{"Retry-After", "9"}, {"retry-after-ms", text}}), 9000) << text;
}

TEST(Backoff, doubles_to_eight_seconds_less_a_quarter_at_most) {
  testing::FixedRandom random(0);
  const std::vector<std::int64_t> whole{500, 1000, 2000, 4000, 8000, 8000, 8000};
  for (std::size_t retry = 0; retry < whole.size(); ++retry) {
    const auto longest = whole[retry];
    for (const std::int64_t less : {std::int64_t{0}, longest / 8, longest / 4}) {
      random.set(static_cast<std::uint64_t>(less));
      EXPECT_EQ(backoff(static_cast<int>(retry), random), milliseconds(longest - less));
    }
    random.set(static_cast<std::uint64_t>(longest / 4 + 1));
    EXPECT_EQ(backoff(static_cast<int>(retry), random), milliseconds(longest)) << "never more than a quarter";
  }
  EXPECT_EQ(backoff(1'000'000, random), milliseconds(8000));
}

TEST(Backoff, spreads_with_real_randomness_inside_the_bounds) {
  SystemRandom random;
  std::int64_t least = 500, most = 0;
  for (int i = 0; i < 2000; ++i) {
    const auto wait = backoff(0, random).count();
    least = std::min<std::int64_t>(least, wait);
    most = std::max<std::int64_t>(most, wait);
  }
  EXPECT_GE(least, 375);
  EXPECT_LE(most, 500);
  EXPECT_LT(least, most) << "many clients must not come back at once";
}

}  // namespace
}  // namespace wye::sdk
