#include "vm/computer/turns.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <vector>

namespace wye::vm {
namespace {

class TurnsTest : public ::testing::Test {
 protected:
  boost::asio::io_context io_{1};
  std::vector<std::string> log_;

  void call(Turns& turns, std::string name, Caller& caller, std::chrono::milliseconds holds) {
    boost::asio::co_spawn(io_, take(turns, std::move(name), caller, holds), boost::asio::detached);
  }
  net::Task<> take(Turns& turns, std::string name, Caller& caller, std::chrono::milliseconds holds) {
    Turns::Turn turn(turns);
    const auto mine = co_await turn.wait(caller);
    if (!mine) co_return log_.push_back(name + " " + mine.error().code);
    log_.push_back(name + " begins");
    const auto held = co_await turns.pause(holds, caller);
    log_.push_back(name + (held ? " ends" : " is called off"));
  }
};

TEST_F(TurnsTest, calls_come_one_after_the_other_in_their_order) {
  Turns turns(io_, 8, std::chrono::seconds(60));
  Caller caller;
  for (const std::string name : {"a", "b", "c"}) call(turns, name, caller, std::chrono::milliseconds(2));
  io_.run();
  EXPECT_EQ(log_,
            (std::vector<std::string>{"a begins", "a ends", "b begins", "b ends", "c begins", "c ends"}));
}

TEST_F(TurnsTest, one_too_many_is_refused_and_the_others_are_served) {
  Turns turns(io_, 1, std::chrono::seconds(60));
  Caller caller;
  for (const std::string name : {"a", "b", "c"}) call(turns, name, caller, std::chrono::milliseconds(2));
  io_.run();
  EXPECT_EQ(log_, (std::vector<std::string>{"a begins", "c rate_limited", "a ends", "b begins", "b ends"}));
}

TEST_F(TurnsTest, a_wait_has_an_end) {
  Turns turns(io_, 8, std::chrono::milliseconds(5));
  Caller caller;
  call(turns, "a", caller, std::chrono::milliseconds(200));
  call(turns, "b", caller, std::chrono::milliseconds(0));
  io_.run();
  EXPECT_EQ(log_, (std::vector<std::string>{"a begins", "b rate_limited", "a ends"}));
}

TEST_F(TurnsTest, a_caller_that_goes_away_waits_and_holds_no_longer) {
  Turns turns(io_, 8, std::chrono::hours(1));
  Caller first, second;
  call(turns, "a", first, std::chrono::hours(1));
  call(turns, "b", second, std::chrono::hours(1));
  while (log_.empty()) io_.run_one();
  second.gone = true;
  turns.notify();
  while (log_.size() < 2) io_.run_one();
  first.gone = true;
  turns.notify();
  io_.run();
  EXPECT_EQ(log_, (std::vector<std::string>{"a begins", "b cancelled", "a is called off"}));
}

}  // namespace
}  // namespace wye::vm
