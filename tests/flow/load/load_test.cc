#include "load_fixture.h"
#include "testing/sanitizer_share.h"

// The load program's scenarios with few clients: what must hold for any number of them (docs/reliability.md).
namespace wye::live {
namespace {

class Load : public LoadTest {};

TEST_F(Load, idle_connections_cost_little_and_leave_nothing) {
  serve();
  constexpr int kCount = 400;
  for (const auto port : {server_->port(), metro_port()}) {
    const auto result = load::hold_idle_connections(server(), port, kCount);
    EXPECT_EQ(result.kept, kCount);
    EXPECT_EQ(result.turned_away, 0);
    EXPECT_TRUE(result.healthy);
    EXPECT_LT(result.bytes_each, testing::kSanitizerShare * 32 * 1024) << "the documented bound";
    EXPECT_EQ(result.left_open, 0);
  }
}

TEST_F(Load, every_subscriber_sees_every_event) {
  serve();
  const auto browser = create();
  const auto result = load::fan_out(browser.vm, 100, 200, 200);
  EXPECT_EQ(result.connected, 100);
  EXPECT_EQ(result.complete, 100) << result.events << " events, " << result.missing << " missing";
  EXPECT_EQ(result.disordered, 0);
}

TEST_F(Load, requests_at_the_same_time_are_all_answered) {
  serve();
  const auto result = load::ask_at_once(create().vm, 150, 3);
  EXPECT_EQ(result.good, 150 * 3) << result.first_bad;
}

TEST_F(Load, no_update_of_many_is_lost) {
  serve();
  const std::vector<std::string> ids{create().id, create().id};
  const auto result = load::churn_metadata(server(), ids, 20, 20);
  EXPECT_EQ(result.outcome.bad, 0) << result.outcome.first_bad;
  EXPECT_EQ(result.outcome.overloaded, 0);
  EXPECT_EQ(result.lost_updates, 0);
}

TEST_F(Load, slow_clients_hold_little_and_harm_nobody) {
  serve();
  const auto browser = create();
  const auto result = load::beside_slow_clients(server(), browser.vm, 20, 20, 25);
  EXPECT_EQ(result.alone.bad, 0) << result.alone.first_bad;
  EXPECT_EQ(result.beside.good, result.alone.good) << result.beside.first_bad;
  EXPECT_EQ(result.readers, 20);
  EXPECT_EQ(result.writers, 20);
  EXPECT_GT(result.unread_bytes_each, 5e6);
  EXPECT_LT(result.bytes_each, testing::kSanitizerShare * 256 * 1024)
      << "the documented bound, whatever a reader had asked for";
  EXPECT_EQ(result.subscriber_status, 200);
  EXPECT_GT(result.subscriber_lost, 0) << "a sleeping subscriber loses events instead of piling them up";
}

}  // namespace
}  // namespace wye::live
