#pragma once

#include <set>

#include "control/store/lease.h"
#include "control/store/testing/contract.h"
#include "testing/fake_clock.h"

// Settings, the first key and leases: what several servers must agree on.
namespace wye::control::testing {

using std::chrono::milliseconds;
inline constexpr milliseconds kLong{3'600'000};

template <class Engine>
class AgreementContract : public StoreContract<Engine> {};
TYPED_TEST_SUITE_P(AgreementContract);

TYPED_TEST_P(AgreementContract, a_setting_is_kept_and_can_be_changed) {
  EXPECT_FALSE(this->store().setting("port").value());
  ASSERT_TRUE(this->store().set_setting("port", "1"));
  ASSERT_TRUE(this->store().set_setting("port", "2"));
  EXPECT_EQ(this->other().setting("port").value(), "2");
  this->reopen();
  EXPECT_EQ(this->store().setting("port").value(), "2");
}

TYPED_TEST_P(AgreementContract, a_setting_that_is_made_once_has_one_winner) {
  for (int round = 0; round < 10; ++round) {
    const auto name = "secret " + std::to_string(round);
    std::string seen[2];
    this->race([&](Store& store) {
      const bool first = &store == &this->store();
      seen[first ? 0 : 1] = store.setting_once(name, first ? "one" : "other").value();
    });
    EXPECT_EQ(seen[0], seen[1]);
    EXPECT_EQ(this->store().setting(name).value(), seen[0]);
    EXPECT_EQ(this->store().setting_once(name, "late").value(), seen[0]);
  }
}

TYPED_TEST_P(AgreementContract, of_two_first_starts_one_makes_the_key) {
  std::atomic<int> made = 0;
  this->race([&](Store& store) {
    const bool first = &store == &this->store();
    const auto& id = first ? kA : kB;
    const auto added =
        store.keys().add_first({.id = id, .name = "n", .created_at = 1}, std::string(64, first ? '1' : '2'));
    ASSERT_TRUE(added) << added.error().message;
    made += *added ? 1 : 0;
  });
  EXPECT_EQ(made, 1);
  EXPECT_EQ(this->store().keys().count().value(), 1);
  const auto only = this->store().keys().list({}).value().at(0);
  ASSERT_TRUE(this->store().keys().remove(only.id, 5).value());
  EXPECT_FALSE(this->other().keys().add_first({.id = kC, .name = "n"}, std::string(64, '3')).value())
      << "a revoked key counts, too";
}

TYPED_TEST_P(AgreementContract, a_lease_has_one_holder_until_it_is_over) {
  EXPECT_TRUE(this->store().take_lease("keeper", "one", kLong).value());
  EXPECT_FALSE(this->other().take_lease("keeper", "other", kLong).value());
  EXPECT_TRUE(this->store().take_lease("keeper", "one", kLong).value()) << "renewed";
  EXPECT_TRUE(this->other().take_lease("exporter", "other", kLong).value()) << "each name is independent";
  this->reopen();
  EXPECT_FALSE(this->store().take_lease("keeper", "other", kLong).value()) << "even after a restart";
  ASSERT_TRUE(this->store().end_lease("keeper", "other"));
  EXPECT_FALSE(this->store().take_lease("keeper", "other", kLong).value()) << "only the holder may end it";
  ASSERT_TRUE(this->store().end_lease("keeper", "one"));
  EXPECT_TRUE(this->store().take_lease("keeper", "other", milliseconds(1)).value());
  while (!this->store().take_lease("keeper", "one", kLong).value()) std::this_thread::yield();
  EXPECT_FALSE(this->store().take_lease("keeper", "other", kLong).value());
}

TYPED_TEST_P(AgreementContract, of_two_who_want_a_lease_one_has_it) {
  for (int round = 0; round < 20; ++round) {
    const auto name = "lease " + std::to_string(round);
    std::atomic<int> held = 0;
    this->race([&](Store& store) {
      held += store.take_lease(name, &store == &this->store() ? "one" : "other", kLong).value() ? 1 : 0;
    });
    EXPECT_EQ(held, 1);
  }
}

TYPED_TEST_P(AgreementContract, a_lease_is_asked_for_seldom_and_lost_to_who_took_it) {
  wye::testing::FakeClock clock;
  Lease mine(this->store(), clock, "keeper", "one", kLong), theirs(this->other(), clock, "keeper", "other");
  EXPECT_TRUE(mine.held().value());
  EXPECT_FALSE(theirs.held().value());
  ASSERT_TRUE(this->store().end_lease("keeper", "one"));
  ASSERT_TRUE(theirs.held().value());
  EXPECT_TRUE(mine.held().value()) << "the store is not asked again at once";
  clock.advance(kLong / 3);
  EXPECT_FALSE(mine.held().value());
  theirs.end();
  EXPECT_TRUE(mine.held().value());
}

REGISTER_TYPED_TEST_SUITE_P(AgreementContract, a_setting_is_kept_and_can_be_changed,
                            a_setting_that_is_made_once_has_one_winner, of_two_first_starts_one_makes_the_key,
                            a_lease_has_one_holder_until_it_is_over, of_two_who_want_a_lease_one_has_it,
                            a_lease_is_asked_for_seldom_and_lost_to_who_took_it);

}  // namespace wye::control::testing
