#include "metro/session_directory.h"

#include <gtest/gtest.h>

#include <thread>

namespace wye::metro {
namespace {

using namespace std::chrono_literals;

class HandClock final : public Clock {
 public:
  [[nodiscard]] std::int64_t unix_micros() const override { return 0; }
  [[nodiscard]] std::chrono::steady_clock::time_point steady() const override { return now; }
  std::chrono::steady_clock::time_point now{};
};

class Directory : public ::testing::Test {
 protected:
  HandClock clock;
  SessionDirectory directory{clock};
};

TEST_F(Directory, only_a_live_session_can_be_held) {
  SessionDirectory::View view;
  EXPECT_FALSE(directory.hold("a", &view));
  EXPECT_EQ(view.state, SessionState::unknown);
  for (const auto state : {SessionState::creating, SessionState::ending, SessionState::gone}) {
    directory.add("a", state, net::Endpoint::unix_socket("/socket"), 60s);
    EXPECT_FALSE(directory.hold("a", &view));
    EXPECT_EQ(view.state, state);
  }
  directory.set_state("a", SessionState::live);
  const auto hold = directory.hold("a", &view);
  EXPECT_TRUE(hold);
  EXPECT_EQ(view.agent.text(), "/socket");
  EXPECT_EQ(directory.holders("a"), 1U);
}

TEST_F(Directory, a_session_expires_only_without_holders_and_only_after_the_last_one_left) {
  directory.add("a", SessionState::live, {}, 60s);
  auto hold = directory.hold("a", nullptr);
  clock.now += 600s;
  EXPECT_TRUE(directory.begin_expiry().empty());
  EXPECT_FALSE(directory.next_expiry());
  hold = SessionHold();
  EXPECT_EQ(directory.next_expiry(), clock.now + 60s);
  clock.now += 59s;
  EXPECT_TRUE(directory.begin_expiry().empty());
  clock.now += 1s;
  EXPECT_EQ(directory.begin_expiry(), std::vector<std::string>{"a"});
  EXPECT_FALSE(directory.hold("a", nullptr)) << "expiry and hold are one atomic step";
  EXPECT_EQ(directory.find("a").state, SessionState::ending);
  EXPECT_TRUE(directory.begin_expiry().empty()) << "it expires once";
}

TEST_F(Directory, a_touch_restarts_the_timer_once) {
  directory.add("a", SessionState::live, {}, 60s);
  clock.now += 50s;
  directory.touch("a");
  clock.now += 50s;
  EXPECT_TRUE(directory.begin_expiry().empty());
  clock.now += 10s;
  EXPECT_EQ(directory.begin_expiry().size(), 1U);
}

TEST_F(Directory, an_expiry_that_could_not_be_committed_is_taken_back) {
  directory.add("a", SessionState::live, {}, 60s);
  clock.now += 60s;
  EXPECT_EQ(directory.begin_expiry().size(), 1U);
  directory.set_state("a", SessionState::live);
  EXPECT_TRUE(directory.hold("a", nullptr));
  EXPECT_EQ(directory.next_expiry(), clock.now + 60s);
}

TEST_F(Directory, a_session_still_being_made_does_not_expire) {
  directory.add("a", SessionState::creating, {}, 60s);
  clock.now += 600s;
  EXPECT_TRUE(directory.begin_expiry().empty());
  directory.set_state("a", SessionState::live);
  EXPECT_TRUE(directory.begin_expiry().empty()) << "its time begins when it is live";
}

TEST_F(Directory, a_session_goes_live_from_being_made_and_never_after_its_end) {
  const auto agent = net::Endpoint::unix_socket("/agent");
  EXPECT_FALSE(directory.go_live("a", agent)) << "it is not here";
  directory.add("a", SessionState::creating, {}, 60s);
  EXPECT_TRUE(directory.go_live("a", agent));
  EXPECT_EQ(directory.find("a").state, SessionState::live);
  EXPECT_EQ(directory.find("a").agent, agent);
  directory.set_state("a", SessionState::ending);
  EXPECT_FALSE(directory.go_live("a", agent)) << "it died before its maker came here";
  EXPECT_EQ(directory.find("a").state, SessionState::ending);
}

TEST_F(Directory, ending_is_told_once_and_to_nobody_who_left) {
  directory.add("a", SessionState::live, {}, 60s);
  int told = 0;
  int untold = 0;
  const auto stays = directory.on_ending("a", [&] { ++told; });
  auto leaves = directory.on_ending("a", [&] { ++untold; });
  leaves.reset();
  directory.set_state("a", SessionState::ending);
  directory.set_state("a", SessionState::gone);
  directory.forget("a");
  EXPECT_EQ(told, 1);
  EXPECT_EQ(untold, 0);
  const auto late = directory.on_ending("a", [&] { ++told; });
  EXPECT_EQ(told, 2) << "who comes late is told at once";
}

TEST_F(Directory, expiry_and_forgetting_tell_too) {
  directory.add("a", SessionState::live, {}, 60s);
  directory.add("b", SessionState::live, {}, 600s);
  int told = 0;
  const auto one = directory.on_ending("a", [&] { ++told; });
  const auto two = directory.on_ending("b", [&] { ++told; });
  clock.now += 60s;
  EXPECT_EQ(directory.begin_expiry().size(), 1U);
  EXPECT_EQ(told, 1);
  directory.forget("b");
  EXPECT_EQ(told, 2);
}

TEST_F(Directory, a_call_may_drop_its_own_handle) {
  directory.add("a", SessionState::live, {}, 60s);
  std::shared_ptr<void> handle;
  handle = directory.on_ending("a", [&] { handle.reset(); });
  directory.set_state("a", SessionState::ending);
  EXPECT_EQ(handle, nullptr);
}

TEST_F(Directory, a_hold_may_outlive_the_session) {
  directory.add("a", SessionState::live, {}, 60s);
  const auto hold = directory.hold("a", nullptr);
  directory.forget("a");
  EXPECT_EQ(directory.find("a").state, SessionState::unknown);
}

TEST_F(Directory, holds_from_many_threads_are_all_counted) {
  directory.add("a", SessionState::live, {}, 60s);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int j = 0; j < 1000; ++j) {
        const auto hold = directory.hold("a", nullptr);
        ASSERT_TRUE(hold);
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(directory.holders("a"), 0U);
}

TEST_F(Directory, unknown_ids_are_looked_up_in_the_record) {
  EXPECT_EQ(directory.look_up_record("a"), SessionState::unknown);
  directory.set_record_lookup(
      [](const std::string& id) { return id == "a" ? SessionState::gone : SessionState::unknown; });
  EXPECT_EQ(directory.look_up_record("a"), SessionState::gone);
}

}  // namespace
}  // namespace wye::metro
