#include "control/data_dir.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "control/store/schema.h"
#include "control/store/sqlite_check.h"
#include "control/store/testing/past_databases.h"
#include "control/store/testing/scratch_dir.h"

namespace wye::control {
namespace {

class DataDir : public ::testing::Test {
 protected:
  mode_t mode_of(const std::string& path) {
    struct stat status {};
    EXPECT_EQ(::stat(path.c_str(), &status), 0);
    return status.st_mode & 07777;
  }
  testing::ScratchDir scratch_;
  const std::string data_ = scratch_.file("a/b/data");
};

TEST_F(DataDir, is_made_for_its_owner_alone_whatever_the_umask) {
  const auto before = ::umask(0);
  EXPECT_TRUE(prepare_data_dir(data_));
  const auto store = open_beside_server(data_, true);
  ::umask(before);
  ASSERT_TRUE(store);
  EXPECT_EQ(mode_of(data_), 0700u);
  for (const auto* name : {"/wye.db", "/wye.db-wal", "/wye.db-shm", "/lock"})
    EXPECT_EQ(mode_of(data_ + name), 0600u) << name;
}

TEST_F(DataDir, loses_what_others_may_read) {
  std::filesystem::create_directories(data_);
  testing::run_sql(data_ + "/wye.db", testing::past_database(1));
  ::chmod(data_.c_str(), 0755);
  ::chmod((data_ + "/wye.db").c_str(), 0644);
  ASSERT_TRUE(prepare_data_dir(data_));
  ASSERT_TRUE(open_beside_server(data_, true));
  EXPECT_EQ(mode_of(data_), 0700u);
  EXPECT_EQ(mode_of(data_ + "/wye.db"), 0600u);
}

TEST_F(DataDir, that_others_may_write_to_is_refused) {
  std::filesystem::create_directories(data_);
  for (const mode_t mode : {0770, 0707, 01777, 0720}) {
    ::chmod(data_.c_str(), mode);
    const auto refused = prepare_data_dir(data_);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "data_dir_writable");
    EXPECT_NE(refused.error().message.find("chmod go-w " + data_), std::string::npos);
    EXPECT_EQ(mode_of(data_), mode) << "what others may have put there is for people to see";
    EXPECT_EQ(open_beside_server(data_, false).error().code, "data_dir_writable");
  }
}

TEST_F(DataDir, of_another_user_is_refused) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a directory away";
  std::filesystem::create_directories(data_);
  ASSERT_EQ(::chown(data_.c_str(), 12345, 12345), 0);
  const auto refused = prepare_data_dir(data_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "data_dir_foreign");
  EXPECT_NE(refused.error().message.find("user id 12345"), std::string::npos);
}

TEST_F(DataDir, that_is_none_is_refused) {
  testing::write_bytes(scratch_.file("file"), "");
  EXPECT_EQ(prepare_data_dir(scratch_.file("file")).error().code, "data_dir_unusable");
  EXPECT_EQ(prepare_data_dir(scratch_.file("file/below")).error().code, "data_dir_unusable");
  EXPECT_EQ(open_beside_server(data_, false).error().kind, ErrorKind::not_found);
  ASSERT_TRUE(prepare_data_dir(data_ + "/"));
  EXPECT_EQ(open_beside_server(data_, false).error().kind, ErrorKind::not_found) << "no database yet";
}

TEST_F(DataDir, is_served_once) {
  ASSERT_TRUE(prepare_data_dir(data_));
  auto first = lock_data_dir(data_);
  ASSERT_TRUE(first);
  EXPECT_EQ(lock_data_dir(data_).error().code, "data_dir_in_use");
  first->reset();
  EXPECT_TRUE(lock_data_dir(data_));
}

TEST_F(DataDir, an_older_schema_is_changed_only_while_nobody_serves_it) {
  ASSERT_TRUE(prepare_data_dir(data_));
  testing::run_sql(database_in(data_), testing::past_database(1));
  auto server = lock_data_dir(data_);
  EXPECT_EQ(open_beside_server(data_, false).error().code, "store_older");
  EXPECT_EQ(check_database(database_in(data_), CheckDepth::version).value(), 1);
  server->reset();
  EXPECT_TRUE(open_beside_server(data_, false));
  EXPECT_EQ(check_database(database_in(data_), CheckDepth::version).value(), schema_version());
}

}  // namespace
}  // namespace wye::control
