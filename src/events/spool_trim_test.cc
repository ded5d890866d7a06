// The spool of a long session: its front is trimmed while it is written and read.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/unique_fd.h"
#include "events/paging_contract.h"
#include "events/spool_index.h"

namespace wye::events {
namespace {

using testing::sample;

UniqueFd temporary_file() { return UniqueFd(::open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)); }

void trim(const UniqueFd& fd, std::int64_t to) {
  ASSERT_EQ(::fallocate(fd.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, to), 0);
}

struct stat status_of(const UniqueFd& fd) {
  struct stat status {};
  EXPECT_EQ(::fstat(fd.get(), &status), 0);
  return status;
}

Page page_of(SpoolLog& log, const std::string& query) {
  return read_page(log, parse_page_query(query, 10'000'000'000).value()).value();
}

TEST(SpoolTrim, a_log_that_is_trimmed_goes_on_without_end_in_a_bounded_place) {
  constexpr std::int64_t kBound = 256 * 1024, kTotal = 32 * kBound;
  const auto fd = temporary_file();
  auto log = SpoolLog::open(fd.get(), kBound).value();
  SpoolReader reader(fd.get());
  std::int64_t seq = 0, read = 0, most_disk = 0;
  std::size_t most_indexed = 0;
  while (reader.offset() < kTotal) {
    for (int i = 0; i < 500; ++i) {
      ++seq;
      ASSERT_TRUE(log.append(sample(seq, seq, seq % 10 == 0 ? "page" : "control")));
    }
    while (const auto record = reader.next().value()) ASSERT_EQ(record->seq, ++read);
    most_disk = std::max<std::int64_t>(most_disk, status_of(fd).st_blocks * 512);
    trim(fd, reader.offset());
    most_indexed = std::max(most_indexed, log.size());
    ASSERT_EQ(log.floor().value(), seq + 1);
  }
  EXPECT_EQ(read, seq);
  EXPECT_GT(status_of(fd).st_size, 30 * kBound) << "offsets go on";
  EXPECT_LE(most_disk, kBound + 64 * 1024);
  EXPECT_LT(most_indexed, 3000u) << "of " << seq;
  EXPECT_EQ(log.size(), 0u);
  ASSERT_TRUE(log.append(sample(seq + 1, seq + 1, "page")));
  EXPECT_EQ(page_of(log, "offset=" + std::to_string(seq + 1) + "&category=page").records.size(), 1u);
  EXPECT_EQ(SpoolLog::open(fd.get(), kBound).value().floor().value(), seq + 1) << "also found anew";
}

TEST(SpoolTrim, what_is_not_trimmed_is_bounded_and_trimming_makes_room) {
  constexpr std::int64_t kBound = 64 * 1024;
  const auto fd = temporary_file();
  auto log = SpoolLog::open(fd.get(), kBound).value();
  std::int64_t seq = 1;
  auto kept = log.append(sample(seq, seq));
  while (kept) {
    ++seq;
    kept = log.append(sample(seq, seq));
  }
  EXPECT_EQ(kept.error().code, "spool_full");
  EXPECT_FALSE(log.append(sample(seq, seq))) << "still";
  EXPECT_LE(status_of(fd).st_size, kBound);
  trim(fd, kBound / 2);
  EXPECT_TRUE(log.append(sample(seq, seq)));
}

TEST(SpoolTrim, a_page_may_begin_at_the_first_record_that_is_left_wherever_it_lies) {
  const auto fd = temporary_file();
  auto log = SpoolLog::open(fd.get()).value();
  std::vector<std::int64_t> ends;
  SpoolReader reader(fd.get());
  for (std::int64_t seq = 1; seq <= 100; ++seq) {
    ASSERT_TRUE(log.append(sample(seq, seq)));
    ASSERT_TRUE(reader.next().value());
    ends.push_back(reader.offset());
  }
  for (const std::int64_t gone : {1, 7, 40, 41, 99}) {
    trim(fd, ends[static_cast<std::size_t>(gone) - 1]);
    ASSERT_EQ(log.floor().value(), gone + 1);
    const auto page = page_of(log, "limit=100&offset=" + std::to_string(gone + 1));
    EXPECT_EQ(page.records.size(), static_cast<std::size_t>(100 - gone));
    const auto before = read_page(log, parse_page_query("offset=" + std::to_string(gone), 1).value());
    EXPECT_EQ(before.error().code, "spool_trimmed");
  }
}

TEST(SpoolTrim, a_log_that_is_trimmed_under_a_reader_says_so) {
  const auto fd = temporary_file();
  auto log = SpoolLog::open(fd.get()).value();
  for (const auto& record : testing::samples(50)) ASSERT_TRUE(log.append(record));
  const auto done = log.scan({}, [&](const Record& record) {
    if (record.seq == 1) trim(fd, status_of(fd).st_size);
    return true;
  });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, "spool_trimmed");
}

TEST(SpoolTrim, filtered_pages_of_several_categories_are_in_order_both_ways) {
  const auto fd = temporary_file();
  auto log = SpoolLog::open(fd.get()).value();
  const std::vector<std::string> names{"control", "network", "page", "console"};
  std::vector<std::int64_t> wanted;
  for (std::int64_t seq = 1; seq <= 300; ++seq) {
    const auto& name = names[static_cast<std::size_t>(seq * seq % 7 % 4)];
    if (name == "network" || name == "page") wanted.push_back(seq);
    ASSERT_TRUE(log.append(sample(seq, seq, name)));
  }
  int pages = 0;
  EXPECT_EQ(testing::page_all(log, "limit=7&offset=1&category=page,network,page,none", &pages), wanted);
  std::reverse(wanted.begin(), wanted.end());
  EXPECT_EQ(testing::page_all(log, "limit=7&order=desc&until=1s&category=page,network", &pages), wanted);
}

TEST(SpoolTrim, records_that_a_filter_takes_are_counted_between_two_places) {
  const auto fd = temporary_file();
  auto log = SpoolLog::open(fd.get()).value();
  for (std::int64_t seq = 1; seq <= 100; ++seq) {
    auto record = sample(seq, seq, seq % 10 == 0 ? "page" : "network");
    record.type = seq % 2 == 0 ? "even" : "odd";
    ASSERT_TRUE(log.append(record));
  }
  EXPECT_EQ(log.count(0, 100, {.categories = {"page"}, .types = {}}), 10);
  EXPECT_EQ(log.count(10, 30, {.categories = {"page"}, .types = {}}), 2)
      << "after the first, up to the second";
  EXPECT_EQ(log.count(0, 100, {.categories = {}, .types = {"odd"}}), 50);
  EXPECT_EQ(log.count(0, 100, {.categories = {"network"}, .types = {"even"}}), 40);
  EXPECT_EQ(log.count(0, 100, {.categories = {"page"}, .types = {"odd", "other"}}), 0);
  EXPECT_EQ(log.count(5, 5, {}), 0);
  EXPECT_EQ(log.count(5, 500, {}), 95);
}

}  // namespace
}  // namespace wye::events
