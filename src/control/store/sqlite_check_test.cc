// What a start refuses, what the error says, and that the file stays as it is to the last byte.
#include "control/store/sqlite_check.h"

#include <gtest/gtest.h>

#include "control/store/schema.h"
#include "control/store/sqlite_store.h"
#include "control/store/testing/scratch_dir.h"

namespace wye::control {
namespace {

using testing::read_bytes;
using testing::run_sql;
using testing::write_bytes;

class CheckDatabase : public ::testing::Test {
 protected:
  /// Makes a database of this version with some content, and closes it.
  void make_good() {
    const auto store = open_sqlite_store(path_).value();
    for (int i = 0; i < 200; ++i)
      ASSERT_TRUE(store->set_setting("name " + std::to_string(i), std::string(300, 'v')));
  }
  /// Expects a refusal with that code and those words, at every depth from `least` on, and an untouched file.
  void expect_refused(const std::string& code, const std::string& words,
                      CheckDepth least = CheckDepth::version) {
    const auto before = read_bytes(path_), log = read_bytes(path_ + "-wal");
    for (const auto depth : {CheckDepth::version, CheckDepth::start, CheckDepth::complete}) {
      if (depth < least) continue;
      const auto checked = check_database(path_, depth);
      ASSERT_FALSE(checked);
      EXPECT_EQ(checked.error().code, code) << checked.error().message;
      EXPECT_NE(checked.error().message.find(path_), std::string::npos) << "names the file";
      EXPECT_NE(checked.error().message.find(words), std::string::npos) << checked.error().message;
    }
    if (least != CheckDepth::complete) {
      const auto error = open_sqlite_store(path_).error();
      EXPECT_EQ(error.code, code);
      const bool says_restore = error.message.find("`wye restore FILE") != std::string::npos;
      EXPECT_TRUE(code != "store_damaged" || says_restore) << "names the next step";
    }
    EXPECT_EQ(read_bytes(path_), before);
    EXPECT_EQ(read_bytes(path_ + "-wal"), log);
  }
  void overwrite(std::size_t at, const std::string& bytes) {
    auto content = read_bytes(path_);
    content.replace(at, bytes.size(), bytes);
    write_bytes(path_, content);
  }

  testing::ScratchDir directory_;
  const std::string path_ = directory_.file("wye.db");
};

TEST_F(CheckDatabase, a_good_one_passes_and_none_is_version_0) {
  EXPECT_EQ(check_database(path_, CheckDepth::complete).value(), 0);
  make_good();
  for (const auto depth : {CheckDepth::version, CheckDepth::start, CheckDepth::complete})
    EXPECT_EQ(check_database(path_, depth).value(), schema_version());
  EXPECT_FALSE(std::filesystem::exists(path_ + "-shm")) << "nothing is made beside it";
  const auto open = open_sqlite_store(path_).value();
  EXPECT_EQ(check_database(path_, CheckDepth::complete).value(), schema_version())
      << "even while it is in use";
}

TEST_F(CheckDatabase, of_a_newer_wye_is_refused) {
  run_sql(path_, "CREATE TABLE t (x); PRAGMA application_id=1467573553; PRAGMA user_version=99");
  expect_refused("store_newer", "upgrade wye");
}

TEST_F(CheckDatabase, of_a_newer_wye_whose_version_is_in_its_log_is_refused) {
  make_good();
  const auto live = directory_.file("live.db");
  std::filesystem::copy_file(path_, live);
  sqlite3* raw = nullptr;
  ASSERT_EQ(::sqlite3_open(live.c_str(), &raw), SQLITE_OK);
  ASSERT_EQ(::sqlite3_exec(raw, "PRAGMA user_version=99", nullptr, nullptr, nullptr), SQLITE_OK);
  std::filesystem::copy_file(live + "-wal", path_ + "-wal");  // as a kill leaves it
  ::sqlite3_close(raw);
  expect_refused("store_newer", "schema 99");
}

TEST_F(CheckDatabase, of_another_program_is_refused) {
  run_sql(path_, "CREATE TABLE mine (x)");
  expect_refused("store_foreign", "choose another --data-dir");
}

TEST_F(CheckDatabase, of_noise_is_refused) {
  write_bytes(path_, std::string(5000, 'x'));
  expect_refused("store_damaged", "was left as it is");
}

TEST_F(CheckDatabase, cut_short_is_refused) {
  make_good();
  const auto content = read_bytes(path_);
  write_bytes(path_, content.substr(0, content.size() / 2));
  expect_refused("store_damaged", "was left as it is", CheckDepth::start);
}

TEST_F(CheckDatabase, with_a_page_overwritten_is_refused) {
  make_good();
  overwrite(read_bytes(path_).size() - 2 * 4096, std::string(4096, '\x5a'));
  expect_refused("store_damaged", "was left as it is", CheckDepth::start);
}

TEST_F(CheckDatabase, emptied_beside_its_log_is_refused) {
  make_good();
  write_bytes(path_, "");
  write_bytes(path_ + "-wal", std::string(5000, 'x'));
  expect_refused("store_damaged", "it is empty");
}

TEST_F(CheckDatabase, with_a_table_or_a_trigger_that_is_not_ours_is_refused) {
  make_good();
  run_sql(path_, "CREATE TRIGGER t AFTER INSERT ON keys BEGIN DELETE FROM sessions; END");
  expect_refused("store_damaged", "its tables are not those", CheckDepth::start);
  run_sql(path_, "DROP TRIGGER t; DROP TABLE chunks");
  expect_refused("store_damaged", "its tables are not those", CheckDepth::start);
}

TEST_F(CheckDatabase, with_an_index_that_lies_fails_the_complete_check) {
  make_good();
  const auto change_index = [&](const std::string& from, const std::string& to) {
    run_sql(path_, "PRAGMA writable_schema=ON; UPDATE sqlite_schema SET sql=replace(sql, '" + from + "', '" +
                       to + "') WHERE name='sessions_by_age'");
  };
  run_sql(path_,
          "INSERT INTO sessions (id, life, created_at, uptime_ms, region, jwt, config, telemetry) VALUES "
          "('a', 'live', 1, 5, 'r', 'j', '{}', 'null')");
  change_index("created_at", "uptime_ms");
  run_sql(path_, "REINDEX sessions_by_age");
  change_index("uptime_ms", "created_at");
  EXPECT_EQ(check_database(path_, CheckDepth::start).value(), schema_version());
  expect_refused("store_damaged", "was left as it is", CheckDepth::complete);
}

TEST_F(CheckDatabase, that_may_not_be_read_says_so) {
  make_good();
  std::filesystem::permissions(path_, std::filesystem::perms::none);
  const auto root = ::geteuid() == 0;
  ASSERT_TRUE(!root || ::seteuid(65534) == 0);  // root may read everything
  const auto checked = check_database(path_, CheckDepth::version);
  ASSERT_TRUE(!root || ::seteuid(0) == 0);
  EXPECT_EQ(checked.error().code, "store_unreadable");
}

TEST_F(CheckDatabase, a_directory_in_its_place_says_so) {
  std::filesystem::create_directory(path_);
  const auto opened = open_sqlite_store(path_);
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find(path_), std::string::npos);
}

}  // namespace
}  // namespace wye::control
