#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/unique_fd.h"
#include "events/paging_contract.h"
#include "events/ring.h"
#include "events/spool.h"
#include "events/spool_index.h"
#include "testing/small_disk.h"

namespace wye::events {
namespace {

using testing::sample;
using testing::samples;

UniqueFd temporary_file() {
  UniqueFd fd(::open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (!fd) fd.reset(::memfd_create("spool", MFD_CLOEXEC));
  return fd;
}

struct SpoolFixture {
  RecordSource& source(const std::vector<Record>& records) {
    log = std::make_unique<SpoolLog>(SpoolLog::open(fd.get()).value());
    for (const auto& record : records) EXPECT_TRUE(log->append(record));
    return *log;
  }
  UniqueFd fd = temporary_file();
  std::unique_ptr<SpoolLog> log;
};

}  // namespace

namespace testing {
INSTANTIATE_TYPED_TEST_SUITE_P(Spool, PagingContract, SpoolFixture);
}  // namespace testing

namespace {

std::vector<std::int64_t> read_all(SpoolReader& reader) {
  std::vector<std::int64_t> seqs;
  while (auto record = reader.next().value()) seqs.push_back(record->seq);
  return seqs;
}

TEST(Spool, a_reader_follows_a_writer) {
  const auto fd = temporary_file();
  auto writer = SpoolWriter::open(fd.get()).value();
  SpoolReader reader(fd.get());
  EXPECT_FALSE(reader.next().value());
  ASSERT_TRUE(writer.append(sample(1, 10)));
  EXPECT_EQ(reader.next().value()->seq, 1);
  EXPECT_FALSE(reader.next().value());
  ASSERT_TRUE(writer.append(sample(2, 11)));
  EXPECT_EQ(reader.next().value()->json, sample(2, 11).json);
}

TEST(Spool, a_writer_goes_on_behind_the_last_whole_frame) {
  const auto fd = temporary_file();
  auto writer = SpoolWriter::open(fd.get()).value();
  ASSERT_TRUE(writer.append(sample(1, 10)));
  const auto half = frame_of(sample(2, 20)).substr(0, 30);
  ASSERT_EQ(::pwrite(fd.get(), half.data(), half.size(), writer.offset()), 30);
  auto again = SpoolWriter::open(fd.get()).value();
  EXPECT_EQ(again.last_seq(), 1);
  EXPECT_EQ(again.last_ts(), 10);
  ASSERT_TRUE(again.append(sample(2, 30)));
  SpoolReader reader(fd.get());
  EXPECT_EQ(read_all(reader), (std::vector<std::int64_t>{1, 2}));
  EXPECT_EQ(reader.damaged_bytes(), 0);
}

TEST(Spool, a_reader_follows_a_writer_that_began_its_last_frame_anew) {
  const auto fd = temporary_file();
  auto writer = SpoolWriter::open(fd.get()).value();
  ASSERT_TRUE(writer.append(sample(1, 10)));
  const auto half = frame_of(sample(2, 20)).substr(0, 30);
  ASSERT_EQ(::pwrite(fd.get(), half.data(), half.size(), writer.offset()), 30);
  SpoolReader reader(fd.get());
  EXPECT_EQ(read_all(reader), std::vector<std::int64_t>{1});
  auto again = SpoolWriter::open(fd.get()).value();
  ASSERT_TRUE(again.append(sample(3, 30)));
  EXPECT_EQ(read_all(reader), std::vector<std::int64_t>{3});
  EXPECT_EQ(reader.damaged_bytes(), 0);
}

TEST(Spool, records_of_every_size_are_read_across_what_is_read_at_once) {
  const auto fd = temporary_file();
  auto writer = SpoolWriter::open(fd.get()).value();
  std::vector<std::int64_t> written;
  for (std::int64_t seq = 1; seq <= 400; ++seq) {
    auto record = sample(seq, seq);
    const auto size = static_cast<std::size_t>(seq * seq % 3001 * (seq % 50 == 0 ? 300 : 1));
    record.json =
        "{\"seq\":" + std::to_string(seq) + ",\"event\":{\"x\":\"" + std::string(size, 'x') + "\"}}";
    ASSERT_TRUE(writer.append(record)) << seq;
    written.push_back(seq);
  }
  SpoolReader reader(fd.get());
  EXPECT_EQ(read_all(reader), written);
  EXPECT_EQ(reader.damaged_bytes(), 0);
  EXPECT_EQ(reader.offset(), writer.offset());
}

TEST(Spool, a_full_disk_is_noticed_while_a_last_record_still_fits) {
  EXPECT_TRUE(wye::testing::on_small_disk(1 << 20, [](const std::string& directory) {
    const UniqueFd fd(::open((directory + "/spool").c_str(), O_RDWR | O_CREAT, 0600));
    auto writer = SpoolWriter::open(fd.get()).value();
    EXPECT_TRUE(writer.append(sample(1, 10)));
    wye::testing::fill_disk(directory + "/ballast");
    std::int64_t seq = 2;
    auto kept = writer.append(sample(seq, 10));
    while (kept) kept = writer.append(sample(++seq, 10));
    EXPECT_EQ(kept.error().kind, ErrorKind::overloaded);
    EXPECT_EQ(kept.error().code, "disk_full");
    EXPECT_TRUE(writer.append(sample(seq, 10), SpoolRoom::last));
    EXPECT_FALSE(writer.append(sample(seq + 1, 10)));
    ::unlink((directory + "/ballast").c_str());
    EXPECT_TRUE(writer.append(sample(seq + 1, 10)));
    SpoolReader reader(fd.get());
    EXPECT_EQ(read_all(reader).back(), seq + 1);
    EXPECT_EQ(reader.damaged_bytes() + reader.unread_bytes().value(), 0);
    return !::testing::Test::HasFailure();
  }));
}

TEST(Spool, damage_is_skipped_and_counted) {
  const auto fd = temporary_file();
  auto writer = SpoolWriter::open(fd.get()).value();
  std::vector<std::int64_t> offsets;
  for (const auto& record : samples(5)) {
    offsets.push_back(writer.offset());
    ASSERT_TRUE(writer.append(record));
  }
  ASSERT_EQ(::pwrite(fd.get(), "X", 1, offsets[2] + 40), 1);
  SpoolReader reader(fd.get());
  EXPECT_EQ(read_all(reader), (std::vector<std::int64_t>{1, 2, 4, 5}));
  EXPECT_EQ(reader.damaged_bytes(), offsets[3] - offsets[2]);
}

TEST(Spool, forged_records_are_not_believed) {
  const auto fd = temporary_file();
  auto writer = SpoolWriter::open(fd.get()).value();
  ASSERT_TRUE(writer.append(sample(5, 50)));
  auto other = sample(7, 70);
  other.json = sample(8, 70).json;  // the text has another seq than the frame
  auto no_json = sample(9, 90);
  no_json.json = "{\"seq\":9,";
  std::string forged = frame_of(sample(5, 60)) + frame_of(sample(3, 60)) + frame_of(sample(6, 40)) +
                       frame_of(other) + frame_of(no_json) + std::string(100, '\xff') +
                       frame_of(sample(10, 100));
  ASSERT_EQ(::pwrite(fd.get(), forged.data(), forged.size(), writer.offset()),
            static_cast<ssize_t>(forged.size()));
  SpoolReader reader(fd.get());
  EXPECT_EQ(read_all(reader), (std::vector<std::int64_t>{5, 10}));
  EXPECT_GT(reader.damaged_bytes(), 0);
}

TEST(Spool, what_the_server_trimmed_is_not_damage) {
  const auto fd = temporary_file();
  auto log = SpoolLog::open(fd.get()).value();
  for (const auto& record : samples(200)) ASSERT_TRUE(log.append(record));
  EXPECT_EQ(log.floor().value(), 1);
  ASSERT_EQ(::fallocate(fd.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 8192), 0);
  const auto floor = log.floor().value();
  EXPECT_GT(floor, 1);
  EXPECT_EQ(read_page(log, parse_page_query("offset=1", 1'000'000).value()).error().code, "spool_trimmed");
  EXPECT_EQ(read_page(log, parse_page_query("offset=" + std::to_string(floor), 1'000'000).value())
                .value()
                .records.front()
                .seq,
            floor);
}

TEST(Spool, a_pipe_is_no_spool) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const UniqueFd in(ends[0]), out(ends[1]);
  EXPECT_FALSE(SpoolReader(in.get()).next());
}

TEST(PageQuery, bad_parameters_are_named) {
  const std::int64_t now = 1790847000000000;
  const auto error = [&](std::string_view query) { return parse_page_query(query, now).error().message; };
  EXPECT_NE(error("limit=0").find("limit"), std::string::npos);
  EXPECT_NE(error("limit=101").find("limit"), std::string::npos);
  EXPECT_NE(error("offset=-1").find("offset"), std::string::npos);
  EXPECT_NE(error("offset=9007199254740992").find("offset"), std::string::npos);
  EXPECT_NE(error("order=up").find("order"), std::string::npos);
  EXPECT_NE(error("since=yesterday").find("since"), std::string::npos);
  EXPECT_NE(error("order=desc&since=5m").find("since"), std::string::npos);
  EXPECT_NE(error("since=1969-12-31T23:59:59Z").find("since"), std::string::npos);
  EXPECT_NE(error("since=2999-01-01T00:00:00Z").find("since"), std::string::npos);
}

TEST(PageQuery, defaults_are_the_last_five_minutes) {
  const auto query = parse_page_query("limit=&category=", 1'000'000'000).value();
  EXPECT_EQ(query.limit, 20);
  EXPECT_EQ(query.since, 700'000'000);
  EXPECT_FALSE(parse_page_query("until=1s", 1'000'000'000).value().since);
  EXPECT_FALSE(parse_page_query("offset=3&since=5m", 1'000'000'000).value().since);
}

TEST(PageQuery, arrays_come_in_every_encoding) {
  const std::vector<std::string> both{"control", "system"};
  for (const auto* query :
       {"category=control,system", "category=control%2Csystem", "category=control&category=system",
        "category[]=control&category[]=system", "category%5B0%5D=control&category%5B1%5D=system"})
    EXPECT_EQ(array_parameter(query, "category"), both) << query;
}

TEST(Ring, keeps_the_last_and_shows_gaps) {
  Ring ring;
  for (std::int64_t seq = 1; seq <= 2000; ++seq) ring.push(std::make_shared<Record>(sample(seq, seq)));
  EXPECT_EQ(ring.after(0)->seq, 2000 - 1024 + 1);
  EXPECT_EQ(ring.after(1999)->seq, 2000);
  EXPECT_EQ(ring.after(2000), nullptr);
}

TEST(Ring, large_records_are_kept_by_their_bytes_and_the_last_one_always) {
  constexpr std::size_t kLarge = 900'000, kFit = Ring::kCapacityBytes / kLarge;
  Ring ring;
  for (std::int64_t seq = 1; seq <= 100; ++seq) {
    auto record = sample(seq, seq);
    record.json = std::string(seq == 100 ? 2 * Ring::kCapacityBytes : kLarge, 'x');
    ring.push(std::make_shared<Record>(std::move(record)));
    if (seq == 99) {
      EXPECT_EQ(ring.before_oldest(), 99 - static_cast<std::int64_t>(kFit));
    }
  }
  EXPECT_EQ(ring.before_oldest(), 99);
  for (std::int64_t seq = 101; seq <= 2000; ++seq) ring.push(std::make_shared<Record>(sample(seq, seq)));
  EXPECT_EQ(ring.before_oldest(), 2000 - 1024) << "their bytes are forgotten with them";
}

TEST(Ring, streams_begin_where_the_table_says) {
  Ring ring;
  for (std::int64_t seq = 1; seq <= 10; ++seq) ring.push(std::make_shared<Record>(sample(seq, seq)));
  EXPECT_EQ(stream_start(ring, "3", ""), 3);
  EXPECT_EQ(stream_start(ring, "11", "all"), 10);
  EXPECT_EQ(stream_start(ring, "0", "all"), 10);
  EXPECT_EQ(stream_start(ring, "x", ""), 10);
  EXPECT_EQ(stream_start(ring, std::nullopt, "all"), 0);
  EXPECT_EQ(stream_start(ring, "", "all"), 0);
  EXPECT_EQ(stream_start(ring, std::nullopt, "some"), 10);
}

TEST(MakeRecord, stays_under_a_mebibyte_and_says_so) {
  const std::string text(2 << 20, 'x');
  const auto cut = make_record(1, {.ts = 1,
                                   .type = "console_log",
                                   .category = "console",
                                   .source = {.kind = "cdp"},
                                   .data = boost::json::value{{"text", text}, {"level", "log"}}});
  EXPECT_LT(cut.json.size(), 10'000u);
  EXPECT_NE(cut.json.find("\"truncated\":true"), std::string::npos);
  EXPECT_NE(cut.json.find("...[truncated]"), std::string::npos);
  EXPECT_EQ(cut_text(std::string(8191, 'x') + "é"), std::string(8191, 'x') + "...[truncated]");
}

}  // namespace
}  // namespace wye::events
