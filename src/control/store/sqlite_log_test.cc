#include "control/store/sqlite_log.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <random>
#include <thread>
#include <utility>

#include "control/store/sqlite_database.h"
#include "control/store/sqlite_store.h"
#include "control/store/testing/scratch_dir.h"
#include "control/store/testing/store_steps.h"
#include "events/paging_contract.h"

namespace wye::control {
namespace {

using testing::ScratchDir;

const std::string kId(24, 'a');
constexpr std::uintmax_t kMiB = 1 << 20;

class LogKeeperTest : public ::testing::Test {
 protected:
  LogKeeperTest() {
    EXPECT_TRUE(store_->insert_session({.id = kId, .life = Life::creating, .created_at = 1, .jwt = "j"}));
  }
  void write(int mib) {
    for (int i = 0; i < mib; ++i) {
      std::vector<events::Record> records;
      for (int j = 0; j < 16; ++j, ++seq_) {
        records.push_back(events::testing::sample(seq_, seq_));
        records.back().json += random_text(64 << 10);
      }
      ASSERT_TRUE(testing::archive(*store_, kId, records, {seq_, seq_, seq_}));
    }
  }
  /// Text that does not compress.
  std::string random_text(std::size_t size) {
    std::string out(size, '\0');
    for (auto& byte : out) byte = static_cast<char>(dice_());
    return out;
  }
  Database reader() {
    return Database::open(directory_.file("wye.db"), {.create = false, .upgrade = false, .check = false})
        .value();
  }
  static void begin(Database& reader) { ASSERT_TRUE(reader.execute("BEGIN; SELECT count(*) FROM sessions")); }
  /// Reads large records, which takes a while.
  static void read_page(Database& reader) {
    ASSERT_TRUE(reader.execute("SELECT sum(length(hex(body))) FROM (SELECT body FROM chunks WHERE session='" +
                               kId + "' AND category='control' ORDER BY first_seq DESC LIMIT 10)"));
  }
  static void end(Database& reader) { ASSERT_TRUE(reader.execute("COMMIT")); }
  std::uintmax_t log_bytes() const { return std::filesystem::file_size(directory_.file("wye.db-wal")); }
  /// The pages that the log holds now; the file may be longer.
  int log_pages() {
    auto database = reader();
    int pages = 0;
    EXPECT_EQ(
        ::sqlite3_wal_checkpoint_v2(database.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, &pages, nullptr),
        SQLITE_OK);
    return pages;
  }

  ScratchDir directory_;
  std::unique_ptr<Store> store_ = open_sqlite_store(directory_.file("wye.db")).value();
  std::int64_t seq_ = 1;
  std::mt19937 dice_{20261130};
};

// No reader ends before another has begun, and at each commit there is one that began before it, so no moment
// suits a checkpoint that waits for nobody.
TEST_F(LogKeeperTest, the_log_stays_short_although_somebody_reads_at_every_moment) {
  std::atomic<bool> stop = false;
  auto one = reader(), other = reader();
  begin(one);
  std::thread readers([&] {
    while (!stop) {
      begin(other);
      read_page(other);
      end(one);
      std::swap(one, other);
    }
  });
  write(96);
  stop = true;
  readers.join();
  // 8 MiB and a commit, and 4 MiB more for each time that the wait for a starved reader was in vain.
  EXPECT_LT(log_bytes(), 48 * kMiB);
}

TEST_F(LogKeeperTest, who_reads_for_long_holds_up_no_writer_and_the_log_only_until_it_ends) {
  auto backup = reader();
  begin(backup);
  write(24);
  EXPECT_GT(log_pages(), 24 * 240) << "what the reader sees is still there";
  end(backup);
  write(8);
  EXPECT_LT(log_pages(), LogKeeper::kRestartPages + 2 * LogKeeper::kCheckpointPages);
  EXPECT_LE(log_bytes(), 16 * kMiB) << "the file is shortened";
}

}  // namespace
}  // namespace wye::control
