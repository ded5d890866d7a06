#include "control/backup.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "control/data_dir.h"
#include "control/keys/api_keys.h"
#include "control/store/schema.h"
#include "control/store/sqlite_check.h"
#include "control/store/sqlite_store.h"
#include "control/store/testing/past_databases.h"
#include "control/store/testing/scratch_dir.h"
#include "control/store/testing/store_steps.h"
#include "events/paging_contract.h"
#include "host/make_driver.h"

namespace wye::control {
namespace {

using testing::read_bytes;
using testing::write_bytes;

const std::string kA(24, 'a'), kB(24, 'b'), kC(24, 'c');

class Backup : public ::testing::Test {
 protected:
  Backup() {
    EXPECT_TRUE(prepare_data_dir(data_));
    store_ = open_sqlite_store(database_in(data_)).value();
    keys_.emplace(store_->keys(), clock_, random_);
    key_ = keys_->create("mine", 0, "").value().key;
    add(kA, Life::live);
    add(kB, Life::creating);
    add(kC, Life::gone);
  }
  void add(const std::string& id, Life life) {
    ASSERT_TRUE(store_->insert_session(
        {.id = id, .life = Life::creating, .created_at = 1'790'000'000'000'000, .jwt = "j"}));
    if (life != Life::creating) testing::become_live(*store_, id, R"({"pid":1})");
    ASSERT_TRUE(testing::archive(*store_, id, {events::testing::sample(1, 1), events::testing::sample(2, 2)},
                                 {9, 2, 2}));
    if (life == Life::gone) testing::end_session(*store_, id, 7);
  }
  Result<Restored> restore_to(const std::string& directory, bool force = false) {
    return restore(file_, directory, force, *driver_, clock_);
  }
  static std::vector<std::string> names_in(const std::string& directory) {
    std::vector<std::string> out;
    for (const auto& entry : std::filesystem::directory_iterator(directory))
      out.push_back(entry.path().filename().string());
    std::sort(out.begin(), out.end());
    return out;
  }

  testing::ScratchDir scratch_;
  const std::string data_ = scratch_.file("data"), file_ = scratch_.file("backup"),
                    fresh_ = scratch_.file("fresh/directory");
  SystemClock clock_;
  SystemRandom random_;
  const std::unique_ptr<host::Driver> driver_ = host::make_driver({});  // it has nothing to end here
  std::unique_ptr<Store> store_;
  std::optional<ApiKeys> keys_;
  std::string key_;
};

TEST_F(Backup, restored_holds_all_and_resurrects_nobody) {
  const auto counts = back_up(data_, file_, false, clock_).value();
  EXPECT_EQ(counts.sessions, 3);
  EXPECT_EQ(counts.unfinished, 2);
  EXPECT_EQ(counts.events, 6);
  const auto before = read_bytes(file_);
  const auto restored = restore_to(fresh_).value();
  EXPECT_EQ(restored.database.counts.unfinished, 2);
  EXPECT_LE(restored.database.made_at, clock_.unix_micros());
  EXPECT_EQ(restored.kept_aside, "");
  EXPECT_EQ(read_bytes(file_), before) << "the backup stays as it is";
  EXPECT_EQ(names_in(fresh_), (std::vector<std::string>{"lock", "wye.db"}));

  const auto store = open_sqlite_store(database_in(fresh_)).value();
  EXPECT_TRUE(store->sessions_not_gone().value().empty());
  for (const auto& id : {kA, kB, kC}) {
    const auto session = store->session(id).value();
    ASSERT_TRUE(session);
    EXPECT_EQ(session->life, Life::gone);
    EXPECT_EQ(session->vm, "") << "its VM is another directory's";
    const auto events = store->archived_events(id);
    EXPECT_EQ(
        events::read_page(*events, events::parse_page_query("offset=1", 1).value()).value().records.size(),
        2u);
  }
  EXPECT_EQ(store->session(kA).value()->deleted_at, restored.database.made_at);
  EXPECT_GT(store->session(kA).value()->ended_uptime_ms, 0);
  ApiKeys keys(store->keys(), clock_, random_);
  EXPECT_TRUE(keys.accept(key_).value());
  EXPECT_EQ(store_->session(kA).value()->life, Life::live) << "the original goes on";
}

TEST_F(Backup, restored_keeps_destinations_with_their_headers_and_exports_no_old_session) {
  const std::string to(24, 'd');
  ASSERT_TRUE(store_->exports().add({.id = to,
                                     .name = "collector",
                                     .endpoint = "https://otel.example",
                                     .headers = {{"authorization", "Bearer s3cret"}}}));
  ASSERT_TRUE(store_->exports().assign(kA, to).value());
  ASSERT_TRUE(testing::archive(*store_, kA, {events::testing::sample(3, 3)}, {12, 3, 3}));
  ASSERT_TRUE(back_up(data_, file_, false, clock_));
  ASSERT_TRUE(restore_to(fresh_));
  const auto store = open_sqlite_store(database_in(fresh_)).value();
  EXPECT_EQ(store->exports().by_id(to).value()->headers.at("authorization"), "Bearer s3cret");
  EXPECT_TRUE(store->exports().destinations_behind().value().empty()) << "the first server exports it";
}

TEST_F(Backup, is_one_moment_of_what_is_written_meanwhile) {
  std::atomic<bool> stop{false};
  std::atomic<std::int64_t> written{2};
  std::thread writer([&] {
    for (std::int64_t seq = 3; !stop; ++seq) {
      const auto record = events::testing::sample(seq, seq);
      EXPECT_TRUE(testing::archive(*store_, kA, {record}, {seq, seq, seq}));
      EXPECT_TRUE(store_->set_telemetry(kA, {}));
      written = seq;
    }
  });
  for (int i = 0; i < 5; ++i) {
    const auto at_least = written.load();
    ASSERT_TRUE(back_up(data_, file_, true, clock_));
    const auto directory = scratch_.file("copy" + std::to_string(i));
    ASSERT_TRUE(restore_to(directory));
    const auto store = open_sqlite_store(database_in(directory)).value();
    const auto mark = store->spool_mark(kA).value();
    EXPECT_GE(mark.last_seq, at_least);
    std::int64_t next = 1;
    const auto events = store->archived_events(kA);
    ASSERT_TRUE(events->scan({.ascending = true, .from = 1}, [&](events::Record record) {
      EXPECT_EQ(record.seq, next++);
      return true;
    }));
    EXPECT_EQ(next - 1, mark.last_seq) << "records and mark are of one moment";
  }
  stop = true;
  writer.join();
}

TEST_F(Backup, is_its_owners_alone_and_replaces_nothing_unasked) {
  write_bytes(file_, "precious");
  EXPECT_EQ(back_up(data_, file_, false, clock_).error().code, "file_exists");
  EXPECT_EQ(read_bytes(file_), "precious");
  ASSERT_TRUE(back_up(data_, file_, true, clock_));
  EXPECT_EQ(std::filesystem::status(file_).permissions(), std::filesystem::perms(0600));
  EXPECT_EQ(names_in(scratch_.path()), (std::vector<std::string>{"backup", "data"})) << "nothing half made";
}

TEST_F(Backup, of_nothing_or_to_nowhere_says_so) {
  EXPECT_EQ(back_up(scratch_.file("none"), file_, false, clock_).error().kind, ErrorKind::not_found);
  ASSERT_TRUE(prepare_data_dir(fresh_));
  EXPECT_EQ(back_up(fresh_, file_, false, clock_).error().code, "store_older");
  EXPECT_EQ(back_up(data_, scratch_.file("no/such/place"), false, clock_).error().code, "backup_failed");
  EXPECT_FALSE(std::filesystem::exists(file_));
}

TEST_F(Backup, is_not_restored_where_something_is_served_or_held) {
  ASSERT_TRUE(back_up(data_, file_, false, clock_));
  const auto before = read_bytes(database_in(data_));
  EXPECT_EQ(restore_to(data_).error().code, "data_dir_not_empty");
  {
    const auto server = lock_data_dir(data_).value();
    EXPECT_EQ(restore_to(data_, true).error().code, "data_dir_in_use");
  }
  EXPECT_EQ(read_bytes(database_in(data_)), before);
}

TEST_F(Backup, restored_over_another_keeps_that_one_aside) {
  ASSERT_TRUE(back_up(data_, file_, false, clock_));
  ASSERT_TRUE(keys_->create("made after the backup", 0, ""));
  std::filesystem::create_directories(data_ + "/sessions/" + kA);
  write_bytes(data_ + "/sessions/" + kA + "/spool", "unread");
  store_.reset();
  const auto restored = restore_to(data_, true).value();
  EXPECT_EQ(open_sqlite_store(database_in(data_)).value()->keys().count().value(), 1);
  EXPECT_FALSE(std::filesystem::exists(data_ + "/sessions"));
  EXPECT_EQ(read_bytes(restored.kept_aside + "/sessions/" + kA + "/spool"), "unread");
  EXPECT_EQ(open_sqlite_store(database_in(restored.kept_aside)).value()->keys().count().value(), 2);
}

TEST_F(Backup, restored_over_a_damaged_one_serves_again) {
  ASSERT_TRUE(back_up(data_, file_, false, clock_));
  store_.reset();
  write_bytes(database_in(data_), std::string(9000, 'x'));
  EXPECT_EQ(open_sqlite_store(database_in(data_)).error().code, "store_damaged");
  const auto restored = restore_to(data_, true).value();
  EXPECT_EQ(read_bytes(database_in(restored.kept_aside)), std::string(9000, 'x'));
  EXPECT_TRUE(open_sqlite_store(database_in(data_)));
}

TEST_F(Backup, that_is_none_or_damaged_makes_no_directory) {
  EXPECT_EQ(restore_to(fresh_).error().code, "not_found");
  write_bytes(file_, "");
  EXPECT_EQ(restore_to(fresh_).error().code, "not_a_backup");
  write_bytes(file_, "no database at all");
  EXPECT_EQ(restore_to(fresh_).error().code, "store_damaged");
  ASSERT_TRUE(back_up(data_, file_, true, clock_));
  auto content = read_bytes(file_);
  content.replace(content.size() - 4096, 100, std::string(100, '\x7f'));
  write_bytes(file_, content);
  EXPECT_EQ(restore_to(fresh_).error().code, "store_damaged");
  testing::run_sql(scratch_.file("newer"),
                   "CREATE TABLE t (x); PRAGMA application_id=1467573553; PRAGMA user_version=99");
  EXPECT_EQ(restore(scratch_.file("newer"), fresh_, false, *driver_, clock_).error().code, "store_newer");
  std::filesystem::copy_file(database_in(data_), scratch_.file("raw"));
  std::filesystem::copy_file(database_in(data_) + "-wal", scratch_.file("raw-wal"));
  EXPECT_EQ(restore(scratch_.file("raw"), fresh_, false, *driver_, clock_).error().code, "not_a_backup")
      << "a copied database in use may lack what is in its log";
  EXPECT_FALSE(std::filesystem::exists(fresh_));
}

TEST_F(Backup, of_a_past_version_is_restored) {
  for (int version = 1; version < schema_version(); ++version) {
    const auto old = scratch_.file("old" + std::to_string(version)),
               to = scratch_.file("new" + std::to_string(version));
    testing::run_sql(old, testing::past_database(version));
    ASSERT_TRUE(restore(old, to, false, *driver_, clock_));
    const auto store = open_sqlite_store(database_in(to)).value();
    EXPECT_EQ(store->session(testing::kPastLive).value()->life, Life::gone);
    EXPECT_TRUE(store->keys().by_hash(testing::kPastKeyHash).value());
  }
}

}  // namespace
}  // namespace wye::control
