#include "control/agent_totals.h"

#include <gtest/gtest.h>

namespace wye::control {
namespace {

AgentTally::Said said(const std::string& id, int events, int sent = 0, int restarts = 0) {
  return {id, "{\"events\":" + std::to_string(events) + ",\"dropped\":1,\"sent\":" + std::to_string(sent) +
                  ",\"lost\":2,\"chromium_restarts\":" + std::to_string(restarts) + "}"};
}

TEST(AgentTally, sums_what_is_new_and_keeps_what_the_gone_have_said) {
  AgentTally tally;
  tally.add({said("a", 10, 5), said("b", 1)});
  EXPECT_EQ(tally.totals().events, 11u);
  tally.add({said("a", 13, 9, 1), said("b", 1)});
  EXPECT_EQ(tally.totals().events, 14u);
  EXPECT_EQ(tally.totals().sent, 9u);
  EXPECT_EQ(tally.totals().dropped, 2u);
  EXPECT_EQ(tally.totals().lost, 4u);
  EXPECT_EQ(tally.totals().chromium_restarts, 1u);
  tally.add({said("b", 2)});
  EXPECT_EQ(tally.totals().events, 15u) << "a's stay in the sum";
  EXPECT_EQ(tally.totals().answered, 5u);
}

TEST(AgentTally, a_silent_one_is_counted_and_caught_up_with_later) {
  AgentTally tally;
  tally.add({said("a", 10)});
  tally.add({{"a", std::nullopt}});
  EXPECT_EQ(tally.totals().silent, 1u);
  tally.add({said("a", 12)});
  EXPECT_EQ(tally.totals().events, 12u);
}

TEST(AgentTally, lies_do_not_reach_the_sum) {
  AgentTally tally;
  tally.add({said("a", 10)});
  const std::vector<std::string> lies{
      "",
      "{}",
      "[]",
      "not json",
      R"({"events":9,"dropped":1,"sent":0,"lost":2,"chromium_restarts":0})",
      R"({"events":11,"dropped":1,"sent":-1,"lost":2,"chromium_restarts":0})",
      R"({"events":11,"dropped":1,"sent":0.5,"lost":2,"chromium_restarts":0})",
      R"({"events":"11","dropped":1,"sent":0,"lost":2,"chromium_restarts":0})",
      R"({"events":11,"dropped":1,"sent":0,"lost":2})",
      R"({"events":1000000011,"dropped":1,"sent":0,"lost":2,"chromium_restarts":0})",
      R"({"events":9223372036854775807,"dropped":1,"sent":0,"lost":2,"chromium_restarts":0})",
      R"({"events":18446744073709551615,"dropped":1,"sent":0,"lost":2,"chromium_restarts":0})",
      R"({"events":1e30,"dropped":1,"sent":0,"lost":2,"chromium_restarts":0})"};
  std::uint64_t told = 0;
  for (const auto& lie : lies) {
    tally.add({{"a", lie}});
    EXPECT_EQ(tally.totals().unbelievable, ++told) << lie;
    EXPECT_EQ(tally.totals().events, 10u) << lie;
  }
  tally.add({said("a", 11)});
  EXPECT_EQ(tally.totals().events, 11u) << "and it may come back to the truth";
}

}  // namespace
}  // namespace wye::control
