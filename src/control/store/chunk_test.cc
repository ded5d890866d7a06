#include "control/store/chunk.h"

#include <gtest/gtest.h>

#include <limits>

#include "events/paging_contract.h"

namespace wye::control {
namespace {

using events::testing::sample;

constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
constexpr auto kLeast = std::numeric_limits<std::int64_t>::min();

/// Packs and unpacks a chunk, as the archive does.
std::shared_ptr<const Chunk> kept(const ChunkText& text) {
  ChunkPacking packing;
  return packing.unpack(packing.pack(text.text())).value();
}

void expect_damaged(std::string_view body) {
  ChunkPacking packing;
  const auto chunk = packing.unpack(body);
  ASSERT_FALSE(chunk);
  EXPECT_EQ(chunk.error().code, "store_damaged");
}
void expect_damaged_text(const std::string& text) {
  const auto chunk = Chunk::read(text);
  ASSERT_FALSE(chunk);
  EXPECT_EQ(chunk.error().code, "store_damaged");
}

TEST(ChunkTest, gives_back_what_was_added) {
  ChunkText text;
  std::vector<events::Record> records{
      sample(1, 1'790'000'000'000'000), sample(2, 1'790'000'000'000'000, "page"),
      sample(900, 1'790'000'000'500'000, std::string(64, 'c')), sample(kMost, kMost)};
  records[1].json = std::string(events::kMaxRecordBytes, '\0');
  records[2].json.clear();
  for (const auto& record : records) EXPECT_TRUE(text.add(record));
  EXPECT_EQ(text.events(), 4);
  EXPECT_EQ(text.first_seq(), 1);
  EXPECT_EQ(text.last_seq(), kMost);
  EXPECT_EQ(text.last_ts(), kMost);
  const auto chunk = kept(text);
  ASSERT_EQ(chunk->entries().size(), records.size());
  for (std::size_t i = 0; i < records.size(); ++i) {
    const auto& entry = chunk->entries()[i];
    EXPECT_EQ(entry.seq, records[i].seq);
    EXPECT_EQ(entry.ts, records[i].ts);
    EXPECT_EQ(entry.category, records[i].category);
    EXPECT_EQ(entry.type, records[i].type);
    EXPECT_EQ(entry.json, records[i].json);
  }
}

TEST(ChunkTest, takes_times_of_any_order_and_size) {
  ChunkText text;
  const std::vector<std::int64_t> times{kMost, kLeast, 0, -1, kMost, kLeast};
  std::int64_t seq = 0;
  for (const auto ts : times) EXPECT_TRUE(text.add(sample(++seq, ts)));
  const auto chunk = kept(text);
  for (std::size_t i = 0; i < times.size(); ++i) EXPECT_EQ(chunk->entries()[i].ts, times[i]);
}

TEST(ChunkTest, goes_on_where_another_ended) {
  ChunkText first;
  EXPECT_TRUE(first.add(sample(5, 50)));
  ChunkText more(*kept(first));
  EXPECT_FALSE(more.add(sample(5, 60))) << "seqs rise";
  EXPECT_FALSE(more.add(sample(4, 60)));
  EXPECT_TRUE(more.add(sample(6, 60)));
  EXPECT_EQ(more.first_seq(), 5);
  EXPECT_EQ(more.first_ts(), 50);
  EXPECT_EQ(more.events(), 2);
  EXPECT_EQ(kept(more)->entries().back().ts, 60);
}

TEST(ChunkTest, takes_no_record_beyond_a_bound) {
  ChunkText text;
  EXPECT_FALSE(text.add(sample(0, 1)));
  EXPECT_FALSE(text.add(sample(-1, 1)));
  EXPECT_FALSE(text.add(sample(1, 1, std::string(65, 'c'))));
  auto large = sample(1, 1);
  large.json = std::string(events::kMaxRecordBytes + 1, 'x');
  EXPECT_FALSE(text.add(large));
  EXPECT_EQ(text.events(), 0);
  EXPECT_FALSE(text.is_full());
  large.json.pop_back();
  while (!text.is_full()) EXPECT_TRUE(text.add(sample(text.last_seq() + 1, 1)));
  EXPECT_LT(text.text().size(), kChunkText + 1024);
}

TEST(ChunkTest, the_largest_there_can_be_is_within_the_bound_of_what_is_unpacked) {
  ChunkText text;
  auto record = sample(1, kMost, std::string(64, 'c'));
  record.json.clear();
  while (true) {
    record.seq = text.last_seq() + 1;
    if (text.text().size() + 200 > kChunkText) break;
    ASSERT_TRUE(text.add(record));
  }
  while (!text.is_full()) {
    record.seq = kMost - 100 + text.events() % 50;
    record.ts = kLeast;
    record.type = std::string(64, 't');
    record.json = std::string(events::kMaxRecordBytes, 'x');
    ASSERT_TRUE(text.add(record));
  }
  EXPECT_EQ(kept(text)->entries().size(), static_cast<std::size_t>(text.events()));
}

TEST(ChunkTest, hostile_bodies_are_errors) {
  ChunkPacking packing;
  for (const auto& body : {std::string(), std::string("no zstd"), std::string(100'000, '\xff'),
                           std::string("\x28\xb5\x2f\xfd", 4), std::string("\x50\x2a\x4d\x18\0\0\0\0", 8)})
    expect_damaged(body);
  expect_damaged(packing.pack(std::string(kMaxChunkText + 1, '\1')));  // a few bytes that claim a megabyte
  expect_damaged(packing.pack(""));
  ChunkText text;
  for (std::int64_t seq = 1; seq <= 20; ++seq) EXPECT_TRUE(text.add(sample(seq, seq)));
  const auto good = packing.pack(text.text());
  for (std::size_t at = 0; at < good.size(); ++at) {
    auto bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x10);
    // A flipped bit of the header may mean nothing; then the text must be unchanged.
    if (const auto chunk = packing.unpack(bad)) {
      EXPECT_EQ((*chunk)->text(), text.text()) << at;
    }
    expect_damaged(std::string_view(good).substr(0, at));
  }
  EXPECT_FALSE(packing.unpack(good + good)) << "two of them";
}

TEST(ChunkTest, hostile_texts_are_errors) {
  const std::string one("\1", 1);
  const std::string entry("\1\2\0\0\0", 5);  // seq + 1, ts + 1, no names, no text
  EXPECT_TRUE(Chunk::read(one + entry));
  EXPECT_TRUE(Chunk::read(one + entry + entry));
  expect_damaged_text("");
  expect_damaged_text(one);
  expect_damaged_text("\2" + entry);
  expect_damaged_text(one + std::string("\0\2\0\0\0", 5));  // seq does not rise
  expect_damaged_text(one + std::string("\xff\xff\xff\xff\xff\xff\xff\xff\xff\1\0\0\0\0", 14));  // and falls
  expect_damaged_text(one + std::string(20, '\x80'));  // a number without an end
  expect_damaged_text(one + std::string("\1\2\x41", 3) + std::string(65, 'c') + std::string(2, '\0'));
  for (std::size_t size = 1; size < entry.size(); ++size) expect_damaged_text(one + entry.substr(0, size));
  expect_damaged_text(one + std::string("\1\2\0\0\5abc", 8));  // a text that ends early
  expect_damaged_text(one + std::string("\1\2\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\1", 14));
}

TEST(ChunkTest, categories_that_are_not_known_share_chunks) {
  EXPECT_EQ(chunk_category("network"), "network");
  EXPECT_EQ(chunk_category("monitor"), "monitor");
  EXPECT_EQ(chunk_category("made-up"), "");
  EXPECT_EQ(chunk_category(""), "");
}

}  // namespace
}  // namespace wye::control
