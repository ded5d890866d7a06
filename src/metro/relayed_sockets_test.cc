#include "metro/relayed_sockets.h"

#include <gtest/gtest.h>

#include "testing/fake_clock.h"

namespace wye::metro {
namespace {

using namespace std::chrono_literals;

;

class RelayedSockets : public ::testing::Test {
 protected:
  wye::testing::FakeClock clock;
  SessionDirectory directory{clock};
  const Log log{LogLevel::off};
  relay::Relays relays{relay::RelaysOptions{}, log};  // not started: it has no process
  const relay::Relays::Adopt adopt = adopt_relayed(directory, relays);
};

TEST_F(RelayedSockets, of_an_earlier_server_hold_their_session_until_they_end) {
  directory.add("a", SessionState::live, {}, 60s);
  auto first = adopt("a"), second = adopt("a");
  EXPECT_EQ(directory.holders("a"), 2U);
  clock.advance(600s);
  EXPECT_TRUE(directory.begin_expiry().empty()) << "its clients are connected";
  first.reset();
  second.reset();
  EXPECT_EQ(directory.holders("a"), 0U);
  clock.advance(59s);
  EXPECT_TRUE(directory.begin_expiry().empty()) << "the idle time begins with the end of the last one";
  clock.advance(1s);
  EXPECT_EQ(directory.begin_expiry(), std::vector<std::string>{"a"});
}

TEST_F(RelayedSockets, of_sessions_that_have_ended_are_not_adopted) {
  EXPECT_EQ(adopt("unknown"), nullptr);
  for (const auto state : {SessionState::ending, SessionState::gone}) {
    directory.add("a", state, {}, 60s);
    EXPECT_EQ(adopt("a"), nullptr);
  }
}

TEST_F(RelayedSockets, may_be_let_go_after_their_session_has_ended) {
  directory.add("a", SessionState::live, {}, 60s);
  auto kept = adopt("a");
  directory.set_state("a", SessionState::ending);
  directory.forget("a");
  kept.reset();
}

}  // namespace
}  // namespace wye::metro
