#include "control/archive_keeper.h"

#include <gtest/gtest.h>

#include "control/store/sqlite_store.h"
#include "control/store/testing/scratch_dir.h"
#include "control/store/testing/store_steps.h"
#include "events/paging_contract.h"
#include "testing/fake_clock.h"
#include "testing/small_disk.h"

namespace wye::control {
namespace {

using std::chrono::hours;

const std::string kA(24, 'a'), kB(24, 'b'), kC(24, 'c');

/// Archives of sessions, and the keeper of them; the test makes its steps.
struct Kept {
  explicit Kept(const std::string& directory, ArchiveLimits limits = {}, const std::string& holder = "one")
      : store(open_sqlite_store(directory + "/wye.db").value()),
        keeper(*store, clock, log, limits, room, holder) {}

  void archive(const std::string& id, int events, std::size_t text = 200) {
    EXPECT_TRUE(store->insert_session({.id = id, .life = Life::live}));
    std::vector<events::Record> records;
    for (int seq = 1; seq <= events; ++seq) {
      records.push_back(events::testing::sample(seq, seq, seq % 2 == 0 ? "page" : "control"));
      records.back().json.insert(records.back().json.size() - 2,
                                 ",\"data\":\"" + testing::noise(dice, text) + "\"");
    }
    EXPECT_TRUE(testing::archive(*store, id, records));
  }
  void end(const std::string& id) { testing::end_session(*store, id, clock.unix_micros()); }
  [[nodiscard]] std::size_t shown(const std::string& id, const std::string& more = "") const {
    const auto events = store->archived_events(id);
    int pages = 0;
    return events::testing::page_all(*events, "limit=100&offset=1" + more, &pages).size();
  }
  /// Steps until there is nothing to do, and returns the number of steps.
  int rest() {
    int steps = 1;
    while (keeper.step() == ArchiveKeeper::kPause) ++steps;
    return steps;
  }

  std::unique_ptr<Store> store;
  wye::testing::FakeClock clock;
  Log log{LogLevel::off};
  host::ArchiveRoom room;
  ArchiveKeeper keeper;
  std::mt19937 dice{20261130};
};

class ArchiveKeeperTest : public ::testing::Test {
 protected:
  testing::ScratchDir directory_;
};

TEST_F(ArchiveKeeperTest, living_sessions_are_held_to_shares_while_nothing_else_can_go) {
  Kept it(directory_.path(), {.max_bytes = 100'000});
  it.archive(kA, 150, 600);
  it.archive(kB, 150, 600);
  EXPECT_EQ(it.rest(), 1);
  EXPECT_EQ(it.room.bytes(), 50'000);
  EXPECT_EQ(it.shown(kA), 150u) << "what is there stays";
  it.end(kA);
  it.rest();
  EXPECT_EQ(it.shown(kA), 0u);
  EXPECT_EQ(it.room.bytes(), host::ArchiveRoom::kSessionBytes);
}

TEST_F(ArchiveKeeperTest, an_archive_goes_so_long_after_its_sessions_end_and_not_before) {
  Kept it(directory_.path(), {.keep = hours(24 * 30)});
  for (const auto& id : {kA, kB, kC}) it.archive(id, 50);
  it.end(kA);
  it.clock.advance(hours(24));
  it.end(kB);
  it.clock.advance(hours(24 * 29) - std::chrono::microseconds(1));
  EXPECT_EQ(it.rest(), 1);
  EXPECT_EQ(it.shown(kA), 50u);
  it.clock.advance(std::chrono::microseconds(1));
  it.rest();
  EXPECT_EQ(it.shown(kA), 0u);
  EXPECT_EQ(it.shown(kB), 50u) << "it ended a day later";
  it.clock.advance(hours(24 * 365));
  it.rest();
  EXPECT_EQ(it.shown(kB), 0u);
  EXPECT_EQ(it.shown(kC), 50u) << "it lives";
  const auto totals = it.keeper.totals();
  EXPECT_EQ(totals.expired_by_age, 2u);
  EXPECT_EQ(totals.events_removed, 100u);
  EXPECT_EQ(totals.sessions, 1);
  EXPECT_EQ(it.store->session(kA).value()->life, Life::gone) << "that it was there stays on record";
}

TEST_F(ArchiveKeeperTest, beyond_its_size_the_session_that_ended_first_goes_first) {
  Kept it(directory_.path(), {.max_bytes = 60'000});
  for (const auto& id : {kA, kB, kC}) it.archive(id, 100, 400);
  it.rest();
  EXPECT_EQ(it.shown(kA) + it.shown(kB) + it.shown(kC), 300u) << "they live, whatever they take";
  it.end(kB);
  it.clock.advance(hours(1));
  it.end(kA);
  it.rest();
  EXPECT_EQ(it.shown(kB), 0u);
  EXPECT_EQ(it.shown(kA), 0u) << "two are still too much";
  EXPECT_EQ(it.shown(kC), 100u);
  EXPECT_EQ(it.keeper.totals().expired_by_size, 2u);
  EXPECT_LE(it.keeper.totals().bytes, 60'000);
  EXPECT_GT(it.keeper.totals().bytes, 100 * 400 * 3 / 4) << "what is stored of all of it counts";
}

TEST_F(ArchiveKeeperTest, a_reader_sees_all_of_an_archive_or_nothing_while_its_room_is_given_back_in_pieces) {
  Kept it(directory_.path());
  it.archive(kA, 9'000, 3'000);
  it.archive(kB, 10);
  it.end(kA);
  it.clock.advance(hours(24 * 31));
  EXPECT_EQ(it.keeper.step(), ArchiveKeeper::kPause);
  int pieces = 0;
  for (std::uint64_t before = 0; it.keeper.step() == ArchiveKeeper::kPause; ++pieces) {
    EXPECT_EQ(it.shown(kA) + it.shown(kA, "&category=page,control"), 0u);
    EXPECT_EQ(it.shown(kB), 10u);
    const auto removed = it.keeper.totals().events_removed;
    EXPECT_LE(removed - before, 2 * ArchiveKeeper::kStepBytes / 3'000u) << "a writer waits for one piece";
    before = removed;
  }
  EXPECT_GE(pieces, 4);
  EXPECT_EQ(it.keeper.totals().events_removed, 9'000u);
}

TEST_F(ArchiveKeeperTest, what_was_begun_before_a_restart_is_finished_after_it) {
  std::uint64_t removed = 0;
  {
    Kept it(directory_.path());
    it.archive(kA, 5'000, 2'000);
    it.end(kA);
    it.clock.advance(hours(24 * 31));
    it.keeper.step();
    it.keeper.step();
    removed = it.keeper.totals().events_removed;
    EXPECT_GT(removed, 0u);
    EXPECT_LT(removed, 5'000u);
  }
  Kept it(directory_.path());
  EXPECT_EQ(it.shown(kA), 0u);
  it.rest();
  EXPECT_EQ(removed + it.keeper.totals().events_removed, 5'000u);
  EXPECT_FALSE(it.store->remove_expired(1).value());
}

TEST_F(ArchiveKeeperTest, of_two_servers_on_one_record_one_keeps_it) {
  Kept it(directory_.path()), other(directory_.path(), {}, "other");
  it.archive(kA, 10);
  it.end(kA);
  it.rest();
  it.clock.advance(hours(24 * 31));
  other.clock.advance(hours(24 * 31));
  EXPECT_EQ(other.keeper.step(), ArchiveKeeper::kLookAgain) << "the first one has the lease";
  EXPECT_EQ(it.shown(kA), 10u);
  ASSERT_TRUE(it.store->end_lease("archive_keeper", "one"));
  other.rest();
  EXPECT_EQ(other.keeper.totals().expired_by_age, 1u);
  EXPECT_EQ(it.keeper.step(), ArchiveKeeper::kLookAgain);
}

TEST_F(ArchiveKeeperTest, on_a_full_disk_it_waits_and_goes_on_when_there_is_room) {
  EXPECT_TRUE(wye::testing::on_small_disk(16 << 20, [](const std::string& directory) {
    {
      Kept it(directory);
      it.archive(kA, 4'000);
      it.end(kA);
    }
    Kept it(directory);  // reopened: its log has no room from before
    it.clock.advance(hours(24 * 31));
    wye::testing::fill_disk(directory + "/ballast");
    int steps = 0;
    while (it.keeper.step() == ArchiveKeeper::kPause) EXPECT_LT(++steps, 100);
    EXPECT_LT(it.keeper.totals().events_removed, 4'000u) << "removing takes room, too";
    std::filesystem::remove(directory + "/ballast");
    it.rest();
    EXPECT_EQ(it.keeper.totals().events_removed, 4'000u);
    return !::testing::Test::HasFailure();
  }));
}

}  // namespace
}  // namespace wye::control
