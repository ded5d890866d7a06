#include "control/store/postgres/database.h"

#include <gtest/gtest.h>

#include <barrier>
#include <thread>

#include "base/try.h"
#include "control/store/postgres/testing/commit_cutter.h"
#include "control/store/postgres/testing/test_database.h"

namespace wye::control::postgres {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using testing::CommitCutter;

class DatabaseTest : public ::testing::Test {
 protected:
  DatabaseTest() {
    testing::run_sql(url_,
                     "CREATE SCHEMA wye; CREATE TABLE wye.t (id bigint PRIMARY KEY, n bigint NOT NULL)");
  }
  std::int64_t rows() { return database_.select("SELECT count(*) FROM t").value().number(0, 0); }
  Result<void> insert(Database& database, std::int64_t id) {
    WYE_CHECK(database.change("INSERT INTO t VALUES ($1, 0)", Values().number(id)));
    return {};
  }
  const std::string url_ = testing::make_database();
  Pool pool_{DatabaseAddress::parse(url_).value(), 4, Patience{}};
  Database database_{pool_};
};

TEST_F(DatabaseTest, values_come_back_as_they_were) {
  const std::string bytes("\0\xff\n'\\", 5);
  const std::vector<std::int64_t> numbers{-1, 0, INT64_MAX, INT64_MIN};
  const auto rows =
      database_
          .select(
              "SELECT $1, $2, $3, $4, ($5::bigint[])[4], ($6::text[])[2], octet_length(($7::bytea[])[1]), "
              "cardinality($8::text[]), null::text",
              Values()
                  .text("it's \"ä\"")
                  .number(INT64_MIN)
                  .bytes(bytes)
                  .flag(true)
                  .numbers(numbers)
                  .texts({"a", "", "c"})
                  .byte_rows({bytes})
                  .texts({}))
          .value();
  EXPECT_EQ(rows.text(0, 0), "it's \"ä\"");
  EXPECT_EQ(rows.number(0, 1), INT64_MIN);
  EXPECT_EQ(rows.view(0, 2), bytes);
  EXPECT_TRUE(rows.flag(0, 3));
  EXPECT_EQ(rows.number(0, 4), INT64_MIN);
  EXPECT_EQ(rows.text(0, 5), "");
  EXPECT_EQ(rows.number(0, 6), 5);
  EXPECT_EQ(rows.number(0, 7), 0);
  EXPECT_TRUE(rows.is_null(0, 8));
}

TEST_F(DatabaseTest, a_text_with_a_nul_is_refused_and_not_cut) {
  for (const auto& text : {std::string("a\0b", 3), std::string("\xff")}) {
    const auto done = database_.select("SELECT $1", Values().text(text));
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().kind, ErrorKind::invalid);
  }
  EXPECT_TRUE(database_.select("SELECT $1", Values().text("a"))) << "the connection is as good as before";
}

TEST_F(DatabaseTest, what_is_there_already_is_a_conflict) {
  ASSERT_TRUE(insert(database_, 1));
  EXPECT_EQ(insert(database_, 1).error().kind, ErrorKind::conflict);
  EXPECT_EQ(rows(), 1);
}

TEST_F(DatabaseTest, connections_that_died_while_they_were_idle_are_replaced_unseen) {
  ASSERT_TRUE(insert(database_, 1));
  for (std::int64_t id = 2; id < 5; ++id) {
    testing::run_sql(url_,
                     "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid<>pg_backend_pid() AND "
                     "datname=current_database()");
    EXPECT_TRUE(insert(database_, id)) << id;
  }
  EXPECT_EQ(rows(), 4);
}

TEST_F(DatabaseTest, a_transaction_whose_connection_dies_before_its_commit_is_run_again) {
  int runs = 0;
  EXPECT_TRUE(database_.write([&](Connection& connection) -> Result<void> {
    WYE_CHECK(connection.run("INSERT INTO t VALUES ($1, 0)", Values().number(7)));
    if (++runs == 1) WYE_CHECK(connection.run("SELECT pg_terminate_backend(pg_backend_pid())"));
    return {};
  }));
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(rows(), 1);
}

TEST_F(DatabaseTest, a_commit_whose_answer_is_lost_is_found_out_about) {
  CommitCutter cutter(url_);
  Pool pool(DatabaseAddress::parse(cutter.url()).value(), 2, Patience{});
  Database database(pool);
  int runs = 0;
  const auto count = [&](std::int64_t id) {
    runs = 0;
    return database.write([&](Connection& connection) -> Result<void> {
      ++runs;
      WYE_CHECK(connection.run("INSERT INTO t VALUES ($1, 0)", Values().number(id)));
      return {};
    });
  };
  cutter.set(CommitCutter::Cut::after);
  EXPECT_TRUE(count(1));
  EXPECT_EQ(runs, 1) << "it was committed, and is not done twice";
  cutter.set(CommitCutter::Cut::before);
  EXPECT_TRUE(count(2));
  EXPECT_EQ(runs, 2) << "it was not committed, and is done again";
  EXPECT_EQ(cutter.cuts(), 2);
  EXPECT_EQ(rows(), 2);
}

TEST_F(DatabaseTest, two_transactions_in_each_others_way_are_both_done) {
  ASSERT_TRUE(insert(database_, 1));
  ASSERT_TRUE(insert(database_, 2));
  std::barrier meet(2);
  const auto add = [&](std::int64_t first, std::int64_t second) {
    bool again = false;
    const auto done = database_.write([&](Connection& connection) -> Result<void> {
      const auto* sql = "UPDATE t SET n=n+1 WHERE id=$1";
      WYE_CHECK(connection.run(sql, Values().number(first)));
      if (!std::exchange(again, true)) meet.arrive_and_wait();
      WYE_CHECK(connection.run(sql, Values().number(second)));
      return {};
    });
    EXPECT_TRUE(done) << done.error().message;
  };
  std::thread one([&] { add(1, 2); }), other([&] { add(2, 1); });
  one.join();
  other.join();
  EXPECT_EQ(database_.select("SELECT sum(n)::bigint FROM t").value().number(0, 0), 4);
}

TEST_F(DatabaseTest, who_finds_all_connections_busy_waits_for_a_bounded_time) {
  const Patience brief{.turn = milliseconds(30)};
  Pool pool(DatabaseAddress::parse(url_).value(), 1, brief);
  const auto held = pool.take();
  ASSERT_TRUE(held);
  const auto turned_away = pool.take();
  ASSERT_FALSE(turned_away);
  EXPECT_EQ(turned_away.error().code, "store_unavailable");
  EXPECT_EQ(turned_away.error().status, 503);
}

TEST_F(DatabaseTest, a_statement_that_takes_too_long_is_given_up_and_says_so) {
  Pool pool(DatabaseAddress::parse(url_).value(), 1, {.statement = milliseconds(50)});
  Database database(pool);
  const auto slow = database.select("SELECT pg_sleep(30)");
  ASSERT_FALSE(slow);
  EXPECT_EQ(slow.error().code, "store_unavailable");
  EXPECT_TRUE(database.select("SELECT 1"));
}

TEST_F(DatabaseTest, a_password_is_in_no_error) {
  testing::run_sql(testing::shared_server().url(), "CREATE DATABASE locked");
  testing::run_sql(testing::shared_server().url(), "CREATE ROLE guest LOGIN PASSWORD 'right'");
  const auto at = "/locked?host=" + testing::shared_server().directory();
  EXPECT_TRUE(Connection::open(DatabaseAddress::parse("postgres://guest:right@" + at).value(), {}));
  const auto refused = Connection::open(DatabaseAddress::parse("postgres://guest:s3cret@" + at).value(), {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "store_unavailable");
  EXPECT_EQ(refused.error().message.find("s3cret"), std::string::npos) << refused.error().message;
}

}  // namespace
}  // namespace wye::control::postgres
