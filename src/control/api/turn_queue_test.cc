#include "control/api/turn_queue.h"

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <memory>
#include <optional>
#include <vector>

namespace wye::control {
namespace {

namespace asio = boost::asio;

// Runs everything on one io_context that the test turns by hand, so that the order is fixed.
class Queue : public ::testing::Test {
 protected:
  /// One call as a test sees it.
  struct Call {
    std::optional<Result<TurnQueue::Turn>> result;
    asio::cancellation_signal stop;
    [[nodiscard]] bool is_in() const { return result && result->has_value(); }
    [[nodiscard]] bool is_refused() const { return result && !result->has_value(); }
  };

  void TearDown() override { queue_->close(); }
  void use(TurnLimits limits) { queue_ = std::make_unique<TurnQueue>(io_, limits); }
  std::shared_ptr<Call> come(std::size_t bytes = 1, const std::string& key = "a key") {
    auto one = std::make_shared<Call>();
    auto run = [](TurnQueue* queue, std::shared_ptr<Call> call, std::string its_key,
                  std::size_t held) -> net::Task<> {
      call->result.emplace(co_await queue->enter(std::move(its_key), held));
    };
    asio::co_spawn(io_, run(queue_.get(), one, key, bytes),
                   asio::bind_cancellation_slot(one->stop.slot(), [one](std::exception_ptr) {}));
    turn();
    return one;
  }
  std::shared_ptr<Call> come_with(const std::string& key) { return come(1, key); }
  void leave(const std::shared_ptr<Call>& one) {
    one->result.reset();
    turn();
  }
  void turn() {
    io_.restart();
    while (io_.poll() > 0) {
    }
  }

  std::unique_ptr<TurnQueue> queue_;
  asio::io_context io_{1};
};

TEST_F(Queue, lets_in_so_many_at_once_and_the_others_in_order) {
  use({.running = 2, .waiting = 3});
  std::vector<std::shared_ptr<Call>> all;
  for (int i = 0; i < 5; ++i) all.push_back(come());
  EXPECT_TRUE(all[0]->is_in() && all[1]->is_in());
  EXPECT_EQ(queue_->running(), 2u);
  EXPECT_EQ(queue_->waiting(), 3u);
  for (int i = 2; i < 5; ++i) {
    EXPECT_FALSE(all[i]->result);
    leave(all[i - 2]);
    EXPECT_TRUE(all[i]->is_in()) << i;
    EXPECT_EQ(queue_->running(), 2u);
  }
  leave(all[3]);
  leave(all[4]);
  EXPECT_EQ(queue_->running(), 0u);
}

TEST_F(Queue, who_comes_later_does_not_overtake) {
  use({.running = 1, .waiting = 3});
  const auto first = come(), second = come();
  leave(first);
  const auto third = come();
  EXPECT_TRUE(second->is_in());
  EXPECT_FALSE(third->result);
}

TEST_F(Queue, is_bounded_in_number) {
  use({.running = 1, .waiting = 2});
  const auto running = come(), one = come(), two = come(), beyond = come();
  ASSERT_TRUE(beyond->is_refused());
  EXPECT_EQ(beyond->result->error().code, "rate_limited");
  EXPECT_EQ(beyond->result->error().status, 503);
  EXPECT_EQ(queue_->refused(), 1u);
  leave(running);
  EXPECT_FALSE(come()->is_refused()) << "there is room again";
}

TEST_F(Queue, is_bounded_in_bytes) {
  use({.running = 1, .waiting = 10, .waiting_bytes = 100});
  const auto running = come(1'000), one = come(60);
  EXPECT_TRUE(come(41)->is_refused());
  const auto two = come(40);
  EXPECT_FALSE(two->result);
  leave(running);
  EXPECT_TRUE(one->is_in());
  EXPECT_FALSE(come(60)->is_refused());
}

TEST_F(Queue, is_bounded_in_time) {
  use({.running = 1, .waiting = 10, .wait = std::chrono::milliseconds(20)});
  const auto running = come(), late = come();
  io_.restart();
  io_.run();  // until nothing is left to wait for
  ASSERT_TRUE(late->is_refused());
  EXPECT_EQ(late->result->error().status, 503);
  EXPECT_EQ(queue_->expired(), 1u);
  EXPECT_EQ(queue_->waiting(), 0u);
  leave(running);
  EXPECT_TRUE(come()->is_in());
}

TEST_F(Queue, who_goes_away_leaves_it) {
  use({.running = 1, .waiting = 2});
  const auto running = come(), gone = come(), next = come();
  gone->stop.emit(asio::cancellation_type::all);
  turn();
  EXPECT_EQ(queue_->waiting(), 1u);
  leave(running);
  EXPECT_TRUE(next->is_in());
}

TEST_F(Queue, a_turn_given_to_one_that_goes_away_is_passed_on) {
  use({.running = 1, .waiting = 2});
  const auto running = come(), gone = come(), next = come();
  running->result.reset();  // the turn is given, and not yet taken …
  gone->stop.emit(asio::cancellation_type::all);
  turn();
  gone->result.reset();
  turn();
  EXPECT_TRUE(next->is_in());
  EXPECT_EQ(queue_->running(), 1u);
}

TEST_F(Queue, keys_take_turns) {
  use({.running = 1, .waiting = 10});
  const auto running = come_with("a"), a1 = come_with("a"), a2 = come_with("a"), b1 = come_with("b");
  leave(running);
  EXPECT_TRUE(b1->is_in()) << "whose turn was never";
  leave(b1);
  EXPECT_TRUE(a1->is_in()) << "who came first";
  const auto b2 = come_with("b");
  leave(a1);
  EXPECT_TRUE(b2->is_in());
  EXPECT_FALSE(a2->result);
}

TEST_F(Queue, the_key_with_the_fewest_running_calls_comes_next) {
  use({.running = 3, .waiting = 10});
  const auto a1 = come_with("a"), a2 = come_with("a"), b1 = come_with("b");
  const auto a3 = come_with("a"), b2 = come_with("b");
  leave(a1);
  EXPECT_TRUE(a3->is_in() || b2->is_in());
  leave(a2);
  EXPECT_TRUE(a3->is_in() && b2->is_in());
}

TEST_F(Queue, a_key_has_so_many_running_calls_and_no_more) {
  use({.running = 4, .running_per_key = 2, .waiting = 10});
  const auto a1 = come_with("a"), a2 = come_with("a"), a3 = come_with("a");
  EXPECT_FALSE(a3->result) << "though two more could run";
  const auto b1 = come_with("b");
  EXPECT_TRUE(b1->is_in()) << "others do not wait behind it";
  leave(b1);
  EXPECT_FALSE(a3->result);
  leave(a1);
  EXPECT_TRUE(a3->is_in());
}

TEST_F(Queue, a_full_one_has_room_for_a_key_with_fewer) {
  use({.running = 1, .waiting = 3});
  const auto running = come_with("a"), a1 = come_with("a"), a2 = come_with("a"), a3 = come_with("a");
  const auto b1 = come_with("b");
  EXPECT_TRUE(a3->is_refused()) << "the last of the key with the most";
  EXPECT_FALSE(b1->result);
  const auto b2 = come_with("b");
  EXPECT_TRUE(b2->is_refused()) << "it would have more than it leaves to the other";
  EXPECT_FALSE(a2->result);
  EXPECT_EQ(queue_->waiting(), 3u);
  EXPECT_EQ(queue_->refused(), 2u);
}

TEST_F(Queue, room_is_made_in_bytes_too) {
  use({.running = 1, .waiting = 10, .waiting_bytes = 100});
  const auto running = come(1, "a"), a1 = come(40, "a"), a2 = come(40, "a"), b1 = come(60, "b");
  EXPECT_TRUE(a2->is_refused());
  EXPECT_FALSE(b1->result);
  EXPECT_FALSE(a1->result);
}

}  // namespace
}  // namespace wye::control
