// The archive on PostgreSQL, in what is special to this engine: time limits, lost connections, damaged
// chunks.
#include <gtest/gtest.h>

#include <random>

#include "control/store/postgres/postgres_store.h"
#include "control/store/postgres/testing/commit_cutter.h"
#include "control/store/postgres/testing/test_database.h"
#include "control/store/testing/store_steps.h"
#include "events/paging_contract.h"

namespace wye::control::postgres {
namespace {

using control::testing::archive;
using events::testing::sample;
using std::chrono::milliseconds;
using testing::CommitCutter;

const std::string kA(24, 'a');

class PostgresArchiveTest : public ::testing::Test {
 protected:
  PostgresArchiveTest() { EXPECT_TRUE(store_->insert_session({.id = kA, .life = Life::live})); }
  std::unique_ptr<Store> open(const std::string& url, const Patience& patience = {}) {
    return open_postgres_store(DatabaseAddress::parse(url).value(), log_,
                               {.as_server = false, .create = true, .connections = 1, .patience = patience})
        .value();
  }
  std::vector<std::int64_t> seqs() {
    int pages = 0;
    return events::testing::page_all(*store_->archived_events(kA), "limit=100&offset=1", &pages);
  }
  Log log_{LogLevel::off};
  const std::string url_ = testing::make_database();
  const std::unique_ptr<Store> store_ = open(url_);
};

TEST_F(PostgresArchiveTest, the_largest_batch_is_committed_within_its_bound_although_it_does_not_pack) {
  constexpr std::int64_t kRecords = 9;  // 8 MiB, and one record beyond
  std::mt19937 dice(20261130);
  std::vector<events::Record> records;
  for (std::int64_t seq = 1; seq <= kRecords; ++seq) {
    records.push_back(sample(seq, seq, seq % 2 == 0 ? "page" : "control"));
    records.back().json.insert(records.back().json.size() - 2,
                               ",\"data\":\"" + control::testing::noise(dice, 1'000'000) + "\"");
  }
  EXPECT_TRUE(archive(*store_, kA, std::move(records)));
  EXPECT_EQ(seqs().size(), static_cast<std::size_t>(kRecords));
}

TEST_F(PostgresArchiveTest, who_archives_has_a_patience_of_its_own) {
  constexpr milliseconds kBrief{1'000};
  testing::run_sql(url_,
                   "CREATE FUNCTION wye.dawdle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM "
                   "pg_sleep(1.5); RETURN new; END $$; CREATE TRIGGER slow BEFORE UPDATE ON wye.sessions FOR "
                   "EACH ROW EXECUTE FUNCTION wye.dawdle()");
  const auto store = open(url_, {.statement = kBrief});
  EXPECT_TRUE(archive(*store, kA, {sample(1, 1)}));
  const auto other = store->set_telemetry(kA, {});  // on the same connection
  ASSERT_FALSE(other) << "a call that does not archive has the usual patience";
  EXPECT_EQ(other.error().code, "store_unavailable");
  const auto brief = open(url_, {.archive = kBrief});
  EXPECT_FALSE(archive(*brief, kA, {sample(2, 2)}));
  EXPECT_EQ(seqs(), std::vector<std::int64_t>{1}) << "no part of the abandoned batch";
}

TEST_F(PostgresArchiveTest, a_batch_whose_answer_is_lost_is_archived_once) {
  CommitCutter cutter(url_);
  const auto store = open(cutter.url());
  cutter.set(CommitCutter::Cut::after);
  EXPECT_TRUE(archive(*store, kA, {sample(1, 1)}));
  cutter.set(CommitCutter::Cut::before);
  EXPECT_TRUE(archive(*store, kA, {sample(2, 2)}));
  EXPECT_EQ(cutter.cuts(), 2);
  EXPECT_EQ(seqs(), (std::vector<std::int64_t>{1, 2}));
}

TEST_F(PostgresArchiveTest, a_page_whose_connection_dies_goes_on_where_it_was) {
  constexpr std::int64_t kEvents = 3'000;
  std::vector<events::Record> records;
  for (std::int64_t seq = 1; seq <= kEvents; ++seq)
    records.push_back(sample(seq, seq, seq % 2 == 0 ? "page" : "control"));
  ASSERT_TRUE(archive(*store_, kA, std::move(records)));
  for (const bool ascending : {true, false}) {
    const auto reader = open(url_);  // this one has nothing unpacked
    std::vector<std::int64_t> seen;
    const auto done = reader->archived_events(kA)->scan(
        {.ascending = ascending, .from = ascending ? 1 : kEvents + 1}, [&](const events::Record& record) {
          seen.push_back(record.seq);
          if (seen.size() == 100)
            testing::run_sql(url_,
                             "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE "
                             "pid<>pg_backend_pid() AND datname=current_database()");
          return true;
        });
    EXPECT_TRUE(done);
    ASSERT_EQ(seen.size(), static_cast<std::size_t>(kEvents));
    for (std::int64_t i = 0; i < kEvents; ++i)
      ASSERT_EQ(seen[static_cast<std::size_t>(i)], ascending ? i + 1 : kEvents - i);
  }
}

TEST_F(PostgresArchiveTest, a_damaged_chunk_is_an_error_and_what_comes_after_it_is_archived) {
  ASSERT_TRUE(archive(*store_, kA, {sample(1, 1), sample(2, 2)}));
  testing::run_sql(url_, "UPDATE wye.chunks SET body='damaged'");
  const auto log = store_->archived_events(kA);
  const auto page = events::read_page(*log, events::parse_page_query("offset=1", 1).value());
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().code, "store_damaged");
  EXPECT_TRUE(archive(*store_, kA, {sample(3, 3)}));
  const auto behind = events::read_page(*log, events::parse_page_query("offset=3", 1).value()).value();
  ASSERT_EQ(behind.records.size(), 1u);
  EXPECT_EQ(behind.records[0].seq, 3);
}

}  // namespace
}  // namespace wye::control::postgres
