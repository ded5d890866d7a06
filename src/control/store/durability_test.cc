// What store.h promises of a power cut, on files as a cut would leave them.
#include <gtest/gtest.h>

#include "control/store/sqlite_check.h"
#include "control/store/sqlite_store.h"
#include "control/store/testing/power_cut.h"
#include "control/store/testing/scratch_dir.h"
#include "control/store/testing/store_steps.h"
#include "events/paging_contract.h"

namespace wye::control {
namespace {

using testing::PowerCut;
using testing::ScratchDir;

const std::string kA(24, 'a'), kB(24, 'b'), kHash(64, '1'), kOther(64, '2');

Session session_called(const std::string& id) {
  return {.id = id, .life = Life::creating, .created_at = 1, .jwt = "j"};
}

class Durability : public ::testing::Test {
 protected:
  Durability() : store_(open_sqlite_store(directory_.file("wye.db")).value()) {}

  /// Returns the store as it would be after a power cut now. Every image must open without a complaint.
  Store& after_cut(int survive = 0) {
    second_.reset();
    PowerCut::restore(power_.cut(survive), other_.path());
    second_ = open_sqlite_store(other_.file("wye.db")).value();
    return *second_;
  }
  std::int64_t archived(Store& store, const std::string& id) {
    const auto events = store.archived_events(id);
    const auto page =
        events::read_page(*events, events::parse_page_query("offset=1&limit=100", 1).value()).value();
    for (std::size_t i = 0; i < page.records.size(); ++i)
      EXPECT_EQ(page.records[i].seq, static_cast<std::int64_t>(i) + 1)
          << "no record is missing before another";
    return static_cast<std::int64_t>(page.records.size());
  }

  PowerCut power_;
  ScratchDir directory_, other_;
  std::unique_ptr<Store> store_, second_;
};

TEST_F(Durability, a_browser_that_a_client_was_told_of_is_on_record) {
  ASSERT_TRUE(store_->insert_session(session_called(kA)));
  EXPECT_FALSE(after_cut().session(kA).value()) << "nobody knows of it yet";
  testing::become_live(*store_, kA);
  EXPECT_EQ(after_cut().session(kA).value()->life, Life::live);
}

TEST_F(Durability, gone_is_on_record_only_with_its_archive) {
  ASSERT_TRUE(store_->insert_session(session_called(kA)));
  testing::become_live(*store_, kA);
  for (int seq = 1; seq <= 20; ++seq)
    ASSERT_TRUE(testing::archive(*store_, kA, {events::testing::sample(seq, seq)}, {seq, seq, seq}));
  ASSERT_EQ(store_->move(kA, Life::live, Life::ending, {}).value(), Moved::made);
  EXPECT_EQ(after_cut().session(kA).value()->life, Life::live) << "the last commits may be lost";
  EXPECT_EQ(archived(*second_, kA), 0);
  testing::end_session(*store_, kA, 9);
  EXPECT_EQ(after_cut().session(kA).value()->life, Life::gone);
  EXPECT_EQ(archived(*second_, kA), 20);
}

TEST_F(Durability, what_is_archived_before_a_trim_survives) {
  ASSERT_TRUE(store_->insert_session(session_called(kA)));
  ASSERT_TRUE(testing::archive(*store_, kA, {events::testing::sample(1, 1)}, {1, 1, 1}));
  EXPECT_FALSE(after_cut().session(kA).value());
  for (int twice = 0; twice < 2; ++twice) {
    const int before = power_.syncs();
    ASSERT_TRUE(store_->make_power_safe());
    EXPECT_GT(power_.syncs(), before);
  }
  EXPECT_EQ(archived(after_cut(), kA), 1);
  EXPECT_EQ(second_->spool_mark(kA).value().offset, 1);
}

TEST_F(Durability, a_cut_at_any_moment_leaves_a_beginning_of_what_was_committed) {
  ASSERT_TRUE(store_->insert_session(session_called(kA)));
  testing::become_live(*store_, kA);
  std::int64_t least = 0;
  for (int seq = 1; seq <= 60; ++seq) {
    ASSERT_TRUE(testing::archive(*store_, kA, {events::testing::sample(seq, seq)}, {seq, seq, seq}));
    if (seq % 20 == 0) {
      ASSERT_TRUE(store_->make_power_safe());
      least = seq;
    }
    auto& left = after_cut(1);
    const auto kept = archived(left, kA);
    EXPECT_GE(kept, least);
    EXPECT_EQ(left.spool_mark(kA).value().last_seq, kept) << "records and mark together";
  }
}

TEST_F(Durability, keys_are_neither_lost_nor_come_back) {
  auto& keys = store_->keys();
  const ApiKey key{.id = kA, .name = "n", .masked = "m", .created_at = 1};
  ASSERT_TRUE(keys.add(key, kHash));
  EXPECT_TRUE(after_cut().keys().by_hash(kHash).value());
  ASSERT_TRUE(keys.rename(kA, "other").value());
  EXPECT_EQ(after_cut().keys().by_id(kA).value()->name, "other");
  ASSERT_TRUE(keys.replace(kA, 50, {.id = kB, .name = "n", .created_at = 2}, kOther).value());
  EXPECT_EQ(after_cut().keys().by_id(kA).value()->expires_at, 50);
  EXPECT_TRUE(second_->keys().by_hash(kOther).value());
  ASSERT_TRUE(keys.remove(kA, 60).value());
  EXPECT_EQ(after_cut().keys().by_hash(kHash).value()->deleted_at, 60);
  ASSERT_TRUE(store_->set_setting("token_secret", "s"));
  EXPECT_EQ(after_cut().setting("token_secret").value(), "s");
  ASSERT_EQ(store_->setting_once("once", "made").value(), "made");
  EXPECT_EQ(after_cut().setting("once").value(), "made");
}

TEST_F(Durability, only_what_says_so_waits_for_the_disk) {
  ASSERT_TRUE(store_->insert_session(session_called(kA)));
  testing::become_live(*store_, kA);
  const int before = power_.syncs();
  ASSERT_TRUE(store_->patch_config(kA, {.name = "named"}).value());
  ASSERT_EQ(store_->move(kA, Life::live, Life::ending, {}).value(), Moved::made);
  ASSERT_TRUE(store_->set_telemetry(kA, {}));
  ASSERT_TRUE(testing::archive(*store_, kA, {events::testing::sample(1, 1)}, {1, 1, 1}));
  ASSERT_TRUE(store_->insert_session(session_called(kB)));
  ASSERT_TRUE(store_->take_lease("keeper", "one", std::chrono::minutes(1)).value());
  EXPECT_EQ(power_.syncs(), before);
}

}  // namespace
}  // namespace wye::control
