#include <gtest/gtest.h>

#include "metro/testing/metro_fixture.h"

// A full metro and clients that never say anything: they give way to those that do.
namespace wye::metro {
namespace {

using namespace testing;

class Strangers : public MetroTest {
 protected:
  static constexpr int kConnections = 8;
  void fill() {
    options_.connections = kConnections;
    options_.time_to_speak = std::chrono::milliseconds(0);
    start_with_agent(answer_each([](const std::string&) { return ok("{}"); }));
    for (int i = 0; i < kConnections; ++i) silent_.push_back(connect());
    // When the last one is accepted, all are: the server takes them in order.
    auto known = connect();
    EXPECT_TRUE(known.send(request("GET", "telemetry")));
    EXPECT_EQ(known.read_answer().status, 200);
    known_ = std::make_unique<RawConnection>(std::move(known));
  }
  std::vector<RawConnection> silent_;
  std::unique_ptr<RawConnection> known_;
};

TEST_F(Strangers, the_oldest_silent_one_gives_way) {
  fill();
  EXPECT_TRUE(silent_.front().at_end());
  EXPECT_EQ(metro_->totals().refused_connections, 1u);
  EXPECT_EQ(get("telemetry").status, 200);
  EXPECT_TRUE(silent_[1].at_end());
}

TEST_F(Strangers, who_brought_a_token_stays_where_the_others_go) {
  fill();
  for (int i = 0; i < 3 * kConnections; ++i) silent_.push_back(connect());
  EXPECT_TRUE(known_->send(request("GET", "telemetry")));
  EXPECT_EQ(known_->read_answer().status, 200);
}

TEST_F(Strangers, a_false_token_or_a_question_of_health_makes_nobody_known) {
  options_.connections = 2;
  options_.time_to_speak = std::chrono::milliseconds(0);
  start_with_agent(answer_each([](const std::string&) { return ok("{}"); }));
  auto first = connect(), second = connect();
  first.send(raw("GET", "/healthz"));
  EXPECT_EQ(first.read_answer().status, 200);
  second.send(raw("GET", "/browser/kernel/" + kSession + "/telemetry?jwt=false"));
  EXPECT_EQ(second.read_answer().status, 401);
  EXPECT_EQ(get("telemetry").status, 200);
  EXPECT_TRUE(first.at_end());
}

TEST_F(Strangers, who_has_just_come_may_speak_before_it_gives_way) {
  options_.connections = 1;
  options_.time_to_speak = std::chrono::hours(1);
  start_with_agent(answer_each([](const std::string&) { return ok("{}"); }));
  auto silent = connect();
  EXPECT_EQ(get("telemetry").status, 503) << "told to come again";
  silent.send(request("GET", "telemetry"));
  EXPECT_EQ(silent.read_answer().status, 200);
}

TEST_F(Strangers, when_all_are_known_a_newcomer_is_told_to_wait) {
  options_.connections = 2;
  options_.time_to_speak = std::chrono::milliseconds(0);
  start_with_agent(answer_each([](const std::string&) { return ok("{}"); }));
  std::vector<RawConnection> known;
  for (int i = 0; i < 2; ++i) {
    auto& one = known.emplace_back(connect());
    one.send(request("GET", "telemetry"));
    EXPECT_EQ(one.read_answer().status, 200);
  }
  EXPECT_EQ(get("telemetry").status, 503);
  known.front().send(request("GET", "telemetry"));
  EXPECT_EQ(known.front().read_answer().status, 200);
}

TEST_F(Strangers, who_has_just_come_has_the_time_of_a_head_to_speak) {
  options_.head_timeout = std::chrono::milliseconds(50);
  start_with_agent(answer_each([](const std::string&) { return ok("{}"); }));
  auto silent = connect();
  EXPECT_TRUE(silent.at_end()) << "long before the time that is for idle connections";
  auto known = connect();
  known.send(request("GET", "telemetry"));
  EXPECT_EQ(known.read_answer().status, 200);
}

}  // namespace
}  // namespace wye::metro
