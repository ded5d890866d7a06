#include "control/store/lease.h"

#include <gtest/gtest.h>

#include "testing/fake_clock.h"

namespace wye::control {
namespace {

using std::chrono::milliseconds;

/// Answers as scripted, and counts.
class ScriptedLeases final : public LeaseStore {
 public:
  Result<bool> take_lease(const std::string&, const std::string&, milliseconds) override {
    ++asked;
    if (away) return Error{.kind = ErrorKind::disconnected, .code = "store_unavailable", .status = 503};
    return !others;
  }
  Result<void> end_lease(const std::string&, const std::string&) override {
    ++ended;
    return {};
  }
  bool away = false, others = false;
  int asked = 0, ended = 0;
};

class LeaseTest : public ::testing::Test {
 protected:
  ScriptedLeases store_;
  wye::testing::FakeClock clock_;
  Lease lease_{store_, clock_, "keeper", "me"};
};

TEST_F(LeaseTest, is_asked_for_when_a_third_of_its_time_is_over) {
  EXPECT_TRUE(lease_.held().value());
  clock_.advance(Lease::kTtl / 3 - milliseconds(1));
  EXPECT_TRUE(lease_.held().value());
  EXPECT_EQ(store_.asked, 1);
  clock_.advance(milliseconds(1));
  EXPECT_TRUE(lease_.held().value());
  EXPECT_EQ(store_.asked, 2);
}

TEST_F(LeaseTest, goes_on_without_the_store_until_its_time_is_over_and_not_longer) {
  EXPECT_TRUE(lease_.held().value());
  store_.away = true;
  clock_.advance(Lease::kTtl - Lease::kMargin - milliseconds(1));
  EXPECT_TRUE(lease_.held().value());
  clock_.advance(milliseconds(1));
  EXPECT_FALSE(lease_.held()) << "another server may have it a moment later";
  store_.away = false;
  store_.others = true;
  EXPECT_FALSE(lease_.held().value());
}

TEST_F(LeaseTest, that_was_never_had_is_neither_claimed_nor_ended) {
  store_.away = true;
  EXPECT_FALSE(lease_.held());
  store_.away = false;
  store_.others = true;
  EXPECT_FALSE(lease_.held().value());
  lease_.end();
  EXPECT_EQ(store_.ended, 0);
  store_.others = false;
  EXPECT_TRUE(lease_.held().value());
  lease_.end();
  lease_.end();
  EXPECT_EQ(store_.ended, 1);
}

}  // namespace
}  // namespace wye::control
