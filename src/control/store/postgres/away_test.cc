// A database that goes away and comes back, under a pool with a watch.
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>

#include "base/log.h"
#include "control/store/postgres/database.h"
#include "control/store/postgres/testing/test_database.h"
#include "control/store/postgres/watch.h"

namespace wye::control::postgres {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Collects lines of a log, and waits for them.
class Heard {
 public:
  Log log{LogLevel::info, [this](std::string_view line) {
            const std::lock_guard lock(mutex_);
            text_ += line;
            changed_.notify_all();
          }};
  bool hears(const std::string& words) {
    std::unique_lock lock(mutex_);
    const bool heard = changed_.wait_for(lock, std::chrono::seconds(30),
                                         [&] { return text_.find(words) != std::string::npos; });
    text_.clear();
    return heard;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string text_;
};

class AwayTest : public ::testing::Test {
 protected:
  Result<Rows> ask() { return database_.select("SELECT 1"); }
  // The test has a server of its own, since it kills it.
  wye::testing::PrivatePostgres server_;
  Heard heard_;
  const Patience brief_{.connect = milliseconds(500),
                        .statement = milliseconds(800),
                        .turn = milliseconds(500),
                        .settle = milliseconds(1000)};
  Pool pool_{DatabaseAddress::parse(server_.url()).value(), 4, brief_};
  Database database_{pool_};
  std::unique_ptr<Watch> watch_ = Watch::start(pool_, heard_.log).value();
};

TEST_F(AwayTest, while_it_is_stopped_calls_fail_at_once_and_then_work_again_by_themselves) {
  ASSERT_TRUE(ask());
  server_.stop();
  ASSERT_TRUE(heard_.hears("the database is away")) << "its end is noticed even when nobody asks";
  const auto begun = steady_clock::now();
  const auto refused = ask();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "store_unavailable");
  EXPECT_EQ(refused.error().status, 503);
  EXPECT_LT(steady_clock::now() - begun, milliseconds(400));
  server_.start();
  ASSERT_TRUE(heard_.hears("the database is back"));
  EXPECT_TRUE(ask());
}

TEST_F(AwayTest, a_killed_server_is_met_by_nobody_after_its_return) {
  ASSERT_TRUE(ask());
  server_.kill();
  ASSERT_TRUE(heard_.hears("the database is away"));
  server_.start();
  ASSERT_TRUE(heard_.hears("the database is back"));
  for (int i = 0; i < 8; ++i) EXPECT_TRUE(ask());
}

TEST_F(AwayTest, a_server_that_says_nothing_any_more_is_waited_for_within_bounds) {
  ASSERT_TRUE(ask());
  server_.freeze();
  const auto begun = steady_clock::now();
  EXPECT_FALSE(ask());
  EXPECT_LT(steady_clock::now() - begun, std::chrono::seconds(4));
  ASSERT_TRUE(heard_.hears("the database is away"));
  const auto later = steady_clock::now();
  EXPECT_FALSE(ask());
  EXPECT_LT(steady_clock::now() - later, milliseconds(400)) << "nobody waits for it any more";
  server_.thaw();
  ASSERT_TRUE(heard_.hears("the database is back"));
  EXPECT_TRUE(ask());
}

TEST_F(AwayTest, one_server_at_a_time_has_the_claim) {
  Pool second(DatabaseAddress::parse(server_.url()).value(), 4, brief_);
  const auto refused = Watch::start(second, heard_.log, milliseconds(0));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "database_in_use");
  watch_.reset();
  EXPECT_TRUE(Watch::start(second, heard_.log));
}

TEST_F(AwayTest, who_lost_the_claim_while_it_was_away_stays_away) {
  server_.stop();
  ASSERT_TRUE(heard_.hears("the database is away"));
  server_.start();
  // The first try to come back may succeed; then this test shows nothing, and says so.
  Pool second(DatabaseAddress::parse(server_.url()).value(), 4, brief_);
  auto other = Watch::start(second, heard_.log);
  if (!other) {
    ASSERT_TRUE(heard_.hears("the database is back"));
    EXPECT_TRUE(ask());
    return;
  }
  ASSERT_TRUE(heard_.hears("another wye serve"));
  EXPECT_EQ(ask().error().code, "database_in_use");
  other->reset();
  ASSERT_TRUE(heard_.hears("the database is back"));
  EXPECT_TRUE(ask());
}

}  // namespace
}  // namespace wye::control::postgres
