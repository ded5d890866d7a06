#include "host/archiver.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <random>

#include "control/store/sqlite_store.h"
#include "events/paging_contract.h"
#include "events/spool.h"
#include "testing/fake_clock.h"
#include "testing/small_disk.h"

namespace wye::control {
namespace {

const std::string kId(24, 'a');

/// A session whose spool and archive lie in a directory.
struct Archive {
  explicit Archive(const std::string& directory)
      : path(directory + "/spool"), store(open_sqlite_store(directory + "/wye.db").value()) {
    EXPECT_TRUE(store->insert_session({.id = kId, .life = Life::live}));
    archiver.open(kId, path);
  }
  [[nodiscard]] events::SpoolWriter writer(std::int64_t bound = events::kMaxSpoolBytes) {
    if (!spool) spool.reset(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    return events::SpoolWriter::open(spool.get(), bound).value();
  }
  [[nodiscard]] std::string types() const {
    std::string out;
    const auto events = store->archived_events(kId);
    EXPECT_TRUE(events->scan({}, [&](const events::Record& record) {
      out += std::to_string(record.seq) + " " + record.type + " ";
      return true;
    }));
    return out;
  }
  std::string path;
  UniqueFd spool;
  std::unique_ptr<Store> store;
  testing::FakeClock clock;
  Log log{LogLevel::off};
  host::ArchiveRoom room;
  host::Archiver archiver{*store, clock, log, room};
};

class ArchiverTest : public ::testing::Test {
 protected:
  ArchiverTest() { EXPECT_NE(::mkdtemp(directory_.data()), nullptr); }
  ~ArchiverTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  std::string directory_ = (std::filesystem::temp_directory_path() / "wye-archiver-XXXXXX").string();
};

TEST_F(ArchiverTest, a_spool_that_was_never_made_is_empty) {
  Archive it(directory_);
  EXPECT_TRUE(it.archiver.ingest(kId));
  EXPECT_TRUE(it.archiver.finish(kId));
}

TEST_F(ArchiverTest, a_spool_of_a_session_that_ran_is_missed_once_by_whichever_server_ends_it) {
  Archive it(directory_);
  ASSERT_TRUE(it.writer().append(events::testing::sample(1, 10)));
  ASSERT_TRUE(it.archiver.ingest(kId));
  it.archiver.close(kId);
  std::filesystem::remove(it.path);
  for (int server = 0; server < 2; ++server) {
    host::Archiver next(*it.store, it.clock, it.log, it.room);
    next.open(kId, it.path);
    EXPECT_EQ(next.finish(kId, {.ran = true, .created_at = 5}).value(), host::Archiver::Progress::done);
  }
  EXPECT_EQ(it.types(), "1 api_call 1099511627777 archive_incomplete ");
  const auto lost = it.store->incomplete_archive(kId).value();
  ASSERT_TRUE(lost);
  EXPECT_EQ(lost->last_seq, 1);
  EXPECT_EQ(lost->last_contact, 10);
}

TEST_F(ArchiverTest, a_spool_that_ends_before_its_mark_is_told_once_with_what_was_known_of_damage) {
  Archive it(directory_);
  ASSERT_TRUE(it.writer().append(events::testing::sample(1, 10)));
  ASSERT_EQ(::pwrite(it.spool.get(), "no record", 9, std::filesystem::file_size(it.path)), 9);
  const auto damaged_to = static_cast<std::int64_t>(std::filesystem::file_size(it.path));
  ASSERT_TRUE(it.writer().append(events::testing::sample(2, 11)));
  ASSERT_TRUE(it.archiver.ingest(kId));
  it.archiver.close(kId);
  std::filesystem::resize_file(it.path, damaged_to);
  for (int server = 0; server < 2; ++server) {
    host::Archiver next(*it.store, it.clock, it.log, it.room);
    next.open(kId, it.path);
    EXPECT_EQ(next.finish(kId, {.ran = true, .created_at = 5}).value(), host::Archiver::Progress::done);
  }
  EXPECT_EQ(it.types(), "1 api_call 2 api_call 3 telemetry_damaged 1099511627778 archive_incomplete ");
  const auto lost = it.store->incomplete_archive(kId).value();
  ASSERT_TRUE(lost);
  EXPECT_EQ(lost->reason, "spool_truncated");
  EXPECT_EQ(lost->last_seq, 2);
}

TEST_F(ArchiverTest, a_spool_that_is_as_long_as_its_mark_is_whole) {
  Archive it(directory_);
  ASSERT_TRUE(it.writer().append(events::testing::sample(1, 10)));
  ASSERT_TRUE(it.archiver.ingest(kId));
  EXPECT_EQ(it.archiver.finish(kId, {.ran = true}).value(), host::Archiver::Progress::done);
  EXPECT_FALSE(it.store->incomplete_archive(kId).value());
}

TEST_F(ArchiverTest, a_spool_that_cannot_be_opened_is_not_taken_for_an_empty_one) {
  Archive it(directory_);
  ASSERT_TRUE(it.writer().append(events::testing::sample(1, 10)));
  std::filesystem::rename(it.path, it.path + "-away");
  std::filesystem::create_directory(it.path);
  EXPECT_FALSE(it.archiver.finish(kId));
  std::filesystem::remove(it.path);
  std::filesystem::rename(it.path + "-away", it.path);
  EXPECT_TRUE(it.archiver.finish(kId));
  EXPECT_EQ(it.types(), "1 api_call ");
}

TEST_F(ArchiverTest, a_closed_session_holds_no_file) {
  Archive it(directory_);
  ASSERT_TRUE(it.writer().append(events::testing::sample(1, 10)));
  const auto next_free = [] { return UniqueFd(::dup(0)).get(); };
  const auto before = next_free();
  ASSERT_TRUE(it.archiver.ingest(kId));
  EXPECT_GT(next_free(), before);
  it.archiver.close(kId);
  EXPECT_EQ(next_free(), before);
  EXPECT_TRUE(it.archiver.ingest(kId));
  EXPECT_EQ(next_free(), before);
}

TEST_F(ArchiverTest, a_session_that_goes_on_and_on_takes_a_bounded_spool_and_is_archived_whole) {
  constexpr std::int64_t kBound = 24 << 20;
  constexpr int kEvents = 600;
  Archive it(directory_);
  auto writer = it.writer(kBound);
  std::int64_t most = 0;
  for (int seq = 1; seq <= kEvents; ++seq) {
    auto record = events::testing::sample(seq, seq);
    record.json.insert(record.json.size() - 2, ",\"data\":\"" + std::string(128 * 1024, 'x') + "\"");
    ASSERT_TRUE(writer.append(record)) << seq << ": more than the bound in all, never of what is kept";
    struct stat status {};
    ASSERT_EQ(::fstat(it.spool.get(), &status), 0);
    most = std::max<std::int64_t>(most, status.st_blocks * 512);
    if (seq % 16 == 0) {
      ASSERT_TRUE(it.archiver.ingest(kId));
    }
  }
  EXPECT_GT(writer.offset(), 3 * kBound);
  EXPECT_LE(most, kBound);
  ASSERT_TRUE(it.archiver.finish(kId));
  std::int64_t seq = 0;
  const auto events = it.store->archived_events(kId);
  EXPECT_TRUE(events->scan({}, [&](const events::Record& record) { return record.seq == ++seq; }));
  EXPECT_EQ(seq, kEvents) << "each once, none damaged";
  EXPECT_EQ(it.store->spool_mark(kId).value().offset, writer.offset());
}

TEST_F(ArchiverTest, what_a_full_disk_held_up_is_archived_once_it_is_free) {
  EXPECT_TRUE(testing::on_small_disk(8 << 20, [](const std::string& directory) {
    Archive it(directory);
    auto writer = it.writer();
    std::mt19937 dice(20261130);
    for (int seq = 1; seq <= 2000; ++seq) {
      auto record = events::testing::sample(seq, 10);
      std::string text;  // that packs to half, so that no batch fits into what the log has left
      for (int i = 0; i < 100; ++i) text += std::to_string(dice());
      record.json.insert(record.json.size() - 2, ",\"data\":\"" + text + "\"");
      EXPECT_TRUE(writer.append(record));
    }
    const char damage[] = "damage";
    EXPECT_EQ(::pwrite(it.spool.get(), damage, sizeof damage, writer.offset()), 7);
    testing::fill_disk(directory + "/ballast");
    EXPECT_FALSE(it.archiver.finish(kId));
    EXPECT_FALSE(it.archiver.finish(kId)) << "again and again";
    ::unlink((directory + "/ballast").c_str());
    EXPECT_TRUE(it.archiver.finish(kId));
    std::int64_t seq = 0;
    const auto events = it.store->archived_events(kId);
    EXPECT_TRUE(events->scan({}, [&](const events::Record& record) { return record.seq == ++seq; }));
    EXPECT_EQ(seq, 2001) << "each once, and one event of the damage";
    return !::testing::Test::HasFailure();
  }));
}

// Makes heads that claim a megabyte each and may follow what was there.
std::string poison(std::size_t bytes) {
  auto head = events::frame_of(events::testing::sample(1000, 1000)).substr(0, events::FrameHead::kBytes);
  head[5] = '\x42', head[6] = '\x0f';
  std::string out;
  while (out.size() < bytes) out += head;
  return out;
}

/// Finishes slice by slice, and returns the number of slices.
int finish(host::Archiver& archiver) {
  for (int slices = 1;; ++slices) {
    const auto done = archiver.finish(kId);
    EXPECT_TRUE(done);
    if (!done || *done == host::Archiver::Progress::done) return slices;
  }
}

TEST_F(ArchiverTest, a_poisoned_spool_is_passed_in_slices_and_told_once_by_whichever_server_ends_it) {
  constexpr std::size_t kPoison = 3 * host::Archiver::kSliceBytes;
  Archive it(directory_);
  auto writer = it.writer();
  ASSERT_TRUE(writer.append(events::testing::sample(1, 10)));
  const auto bytes = poison(kPoison) + events::frame_of(events::testing::sample(2, 20));
  ASSERT_EQ(::pwrite(it.spool.get(), bytes.data(), bytes.size(), writer.offset()),
            static_cast<ssize_t>(bytes.size()));
  const auto begin = writer.offset();
  EXPECT_EQ(it.archiver.ingest(kId).value(), host::Archiver::Progress::more);
  const auto first = it.store->spool_mark(kId).value();
  EXPECT_GT(first.offset, begin + host::Archiver::kSliceBytes / 2) << "behind damage alone";
  EXPECT_LE(first.offset, begin + 2 * host::Archiver::kSliceBytes);
  EXPECT_EQ(first.damaged, first.offset - begin);

  const auto refused = it.archiver.catch_up(kId);
  ASSERT_FALSE(refused) << "more than a slice is left";
  EXPECT_EQ(refused.error().status, 503);

  host::Archiver next(*it.store, it.clock, it.log, it.room);
  next.open(kId, it.path);
  EXPECT_GE(finish(next), 2);
  EXPECT_EQ(finish(next), 1) << "again";
  EXPECT_EQ(it.types(), "1 api_call 2 api_call 3 telemetry_damaged ");
  std::string text;
  EXPECT_TRUE(it.store->archived_events(kId)->scan({.from = 3}, [&](const events::Record& record) {
    text = record.json;
    return true;
  }));
  EXPECT_NE(text.find("\"lost_bytes\":" + std::to_string(poison(kPoison).size())), std::string::npos) << text;
  EXPECT_EQ(it.store->spool_mark(kId).value().damaged, 0) << "told";
}

TEST_F(ArchiverTest, a_session_beyond_its_room_stops_in_the_archive_and_goes_on_once_there_is_room) {
  Archive it(directory_);
  auto writer = it.writer();
  const auto add = [&](std::int64_t seq) {
    ASSERT_TRUE(writer.append(events::testing::sample(seq, seq)));
    ASSERT_TRUE(it.archiver.ingest(kId));
  };
  for (std::int64_t seq = 1; seq <= 3; ++seq) add(seq);
  it.room.set_share(it.store->archive_bytes(kId).value());
  for (std::int64_t seq = 4; seq <= 6; ++seq) add(seq);
  EXPECT_EQ(it.types(), "1 api_call 2 api_call 3 api_call 4 telemetry_stopped ");
  EXPECT_EQ(it.archiver.dropped(), 2u);
  EXPECT_EQ(it.store->spool_mark(kId).value().last_seq, 6) << "the spool is read on";
  it.room.lift_share();
  for (std::int64_t seq = 7; seq <= 8; ++seq) add(seq);
  EXPECT_EQ(it.types(),
            "1 api_call 2 api_call 3 api_call 4 telemetry_stopped 7 telemetry_dropped 8 api_call ");
  std::string told;
  EXPECT_TRUE(it.store->archived_events(kId)->scan({.from = 7}, [&](const events::Record& record) {
    told = record.json;
    return false;
  }));
  EXPECT_NE(told.find("\"dropped\":4"), std::string::npos) << "4, 5, 6 and 7: " << told;
}

TEST_F(ArchiverTest, a_session_that_ends_without_room_says_how_much_is_missing) {
  Archive it(directory_);
  auto writer = it.writer();
  for (std::int64_t seq = 1; seq <= 5; ++seq) ASSERT_TRUE(writer.append(events::testing::sample(seq, seq)));
  it.room.set_share(0);
  EXPECT_EQ(finish(it.archiver), 1);
  EXPECT_EQ(it.types(), "1 telemetry_stopped 6 telemetry_dropped ");
}

TEST_F(ArchiverTest, what_no_honest_agent_takes_of_the_disk_is_given_back_at_the_end) {
  Archive it(directory_);
  auto writer = it.writer();
  ASSERT_TRUE(writer.append(events::testing::sample(1, 10)));
  const auto blocks = [&] {
    struct stat status {};
    EXPECT_EQ(::fstat(it.spool.get(), &status), 0);
    return status.st_blocks * 512;
  };
  ASSERT_EQ(::ftruncate(it.spool.get(), 1LL << 40), 0);
  ASSERT_EQ(::pwrite(it.spool.get(), "x", 1, 1LL << 39), 1);
  if (::fallocate(it.spool.get(), FALLOC_FL_KEEP_SIZE, 2LL << 40, 8 << 20) != 0) GTEST_SKIP() << "not here";
  EXPECT_GT(blocks(), 8 << 20);
  ASSERT_TRUE(it.archiver.cut(kId));
  EXPECT_LT(blocks(), 1 << 20);
  EXPECT_LE(finish(it.archiver), 2);
  EXPECT_EQ(it.types(), "1 api_call ");
}

}  // namespace
}  // namespace wye::control
