#include "control/store/chunk_growth.h"

#include <gtest/gtest.h>

#include <map>

#include "base/try.h"
#include "control/store/chunk_cache.h"
#include "events/paging_contract.h"

namespace wye::control {
namespace {

using events::testing::sample;

/// Chunks of one category as an engine would keep them.
class ChunkGrowth : public ::testing::Test {
 protected:
  ChunkChange add(const std::vector<events::Record>& records) {
    std::vector<ChunkMeta> trailing;
    for (auto at = kept_.rbegin(); at != kept_.rend() && trailing.size() < kTrailingChunks; ++at)
      trailing.push_back(at->second.meta);
    const auto body_of = [&](const ChunkMeta& meta) -> Result<std::string> {
      unpacked_ += meta.text_bytes;
      return kept_.at(meta.first_seq).body;
    };
    std::vector<Chunk::Entry> entries;
    for (const auto& it : records) entries.push_back({it.seq, it.ts, it.category, it.type, it.json});
    auto change = grow_chunks(packing_, "control", trailing, body_of, entries).value();
    for (const auto& old : change.replaced) kept_.erase(old.first_seq);
    for (const auto& fresh : change.written) {
      packed_ += fresh.meta.text_bytes;
      kept_[fresh.meta.first_seq] = fresh;
    }
    bytes_ += change.bytes;
    return change;
  }
  static events::Record record(std::int64_t seq, std::size_t text) {
    auto out = sample(seq, seq);
    out.json.resize(std::max(text, out.json.size()), 'x');
    return out;
  }
  void add_each(std::int64_t from, std::int64_t to, std::size_t text) {
    for (auto seq = from; seq <= to; ++seq) add({record(seq, text)});
  }
  /// Checks that every record from 1 on is there once and in order, and that the chunks' metadata is true.
  void expect_whole(std::int64_t to) {
    std::int64_t next = 1, bytes = 0;
    for (const auto& [first, chunk] : kept_) {
      const auto read = packing_.unpack(chunk.body).value();
      EXPECT_EQ(chunk.meta.first_seq, next);
      for (const auto& entry : read->entries()) EXPECT_EQ(entry.seq, next++);
      EXPECT_EQ(chunk.meta.last_seq, next - 1);
      EXPECT_EQ(chunk.meta.last_ts, next - 1);
      EXPECT_EQ(chunk.meta.events, static_cast<std::int64_t>(read->entries().size()));
      EXPECT_EQ(chunk.meta.text_bytes, static_cast<std::int64_t>(read->text().size()));
      bytes += static_cast<std::int64_t>(chunk.body.size()) + kBesideBody;
    }
    EXPECT_EQ(next - 1, to);
    EXPECT_EQ(bytes_, bytes);
  }

  ChunkPacking packing_;
  std::map<std::int64_t, PackedChunk> kept_;
  std::int64_t bytes_ = 0, packed_ = 0, unpacked_ = 0;
};

TEST_F(ChunkGrowth, a_large_batch_becomes_full_chunks_and_a_small_one_behind_them) {
  std::vector<events::Record> records;
  for (std::int64_t seq = 1; seq <= 1000; ++seq) records.push_back(record(seq, 400));
  EXPECT_EQ(add(records).events, 1000);
  expect_whole(1000);
  EXPECT_EQ(kept_.size(), 1000u * 406 / kChunkText + 1);
}

TEST_F(ChunkGrowth, events_that_come_one_by_one_end_in_full_chunks_and_cost_little_on_the_way) {
  constexpr std::int64_t kEvents = 2000;
  add_each(1, kEvents, 400);
  expect_whole(kEvents);
  std::size_t full = 0;
  for (const auto& [first, chunk] : kept_)
    full += chunk.meta.text_bytes >= static_cast<std::int64_t>(kChunkText) ? 1 : 0;
  EXPECT_GE(full, kEvents * 400 / kChunkText - 1);
  EXPECT_LE(kept_.size() - full, kTrailingChunks);
  EXPECT_LT(packed_, kEvents * (kGrowingText + 1000)) << "half a small chunk each, and a merge now and then";
}

TEST_F(ChunkGrowth, batches_of_all_sizes_read_as_one_log) {
  std::int64_t seq = 0;
  for (int batch = 0; batch < 300; ++batch) {
    std::vector<events::Record> records;
    for (int i = 0; i < batch * 7 % 50; ++i)
      records.push_back(record(++seq, static_cast<std::size_t>(batch * 131 % 3000)));
    if (batch % 40 == 0) records.push_back(record(++seq, 300'000));
    add(records);
  }
  expect_whole(seq);
}

TEST_F(ChunkGrowth, the_first_of_a_seq_wins) {
  add({record(1, 100), record(2, 100)});
  auto again = record(2, 200);
  EXPECT_EQ(add({record(1, 200), again}).events, 0);
  EXPECT_EQ(add({again, record(3, 100), record(3, 500)}).events, 1);
  expect_whole(3);
}

TEST_F(ChunkGrowth, a_record_that_no_chunk_takes_is_left_out) {
  EXPECT_EQ(add({record(1, events::kMaxRecordBytes + 1)}).events, 0);
  EXPECT_TRUE(kept_.empty());
  EXPECT_EQ(add({record(1, events::kMaxRecordBytes)}).events, 1);
  add_each(2, 10, 100);
  expect_whole(10);
}

TEST_F(ChunkGrowth, a_damaged_chunk_stays_and_another_begins_behind_it) {
  add_each(1, 100, 400);
  const auto last = kept_.rbegin()->first;
  kept_.rbegin()->second.body = "damaged";
  EXPECT_EQ(add({record(101, 70'000)}).events, 1);
  EXPECT_EQ(kept_.at(last).body, "damaged");
  EXPECT_EQ(packing_.unpack(kept_.at(101).body).value()->entries().size(), 1u);
}

TEST(ChunkCacheTest, keeps_what_was_used_last_within_its_bytes) {
  ChunkPacking packing;
  const auto chunk_of = [&](std::int64_t seq) {
    ChunkText text;
    auto it = sample(seq, seq);
    it.json.resize(1000, 'x');
    text.add(it);
    return packing.unpack(packing.pack(text.text())).value();
  };
  const auto one = chunk_of(1);
  ChunkCache cache(3 * one->bytes() + 100);
  const auto meta = [](std::int64_t seq) {
    return ChunkMeta{.category = "c", .first_seq = seq, .last_seq = seq};
  };
  for (std::int64_t seq = 1; seq <= 3; ++seq) cache.keep("s", meta(seq), chunk_of(seq));
  EXPECT_TRUE(cache.find("s", meta(1)));
  cache.keep("s", meta(4), chunk_of(4));
  EXPECT_TRUE(cache.find("s", meta(1))) << "it was used";
  EXPECT_FALSE(cache.find("s", meta(2)));
  EXPECT_LE(cache.bytes(), 3 * one->bytes() + 100);
  EXPECT_FALSE(cache.find("t", meta(1))) << "another session's";
  EXPECT_FALSE(cache.find("s", {.category = "c", .first_seq = 1, .last_seq = 2})) << "it has grown";
  ChunkCache small(one->bytes() - 1);
  small.keep("s", meta(1), one);
  EXPECT_EQ(small.bytes(), 0u);
}

}  // namespace
}  // namespace wye::control
