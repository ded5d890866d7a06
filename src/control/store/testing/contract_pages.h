#pragma once

#include <algorithm>

#include "control/store/testing/contract.h"

// Pages of an archive whose records are in many chunks.
namespace wye::control::testing {

using events::testing::sample;

template <class Engine>
class PagesContract : public StoreContract<Engine> {
 protected:
  PagesContract() { EXPECT_TRUE(this->store().insert_session(live_session(kA))); }
  events::Page page(const std::string& query) {
    const auto log = this->store().archived_events(kA);
    return events::read_page(*log, events::parse_page_query(query, 1).value()).value();
  }
};
TYPED_TEST_SUITE_P(PagesContract);

TYPED_TEST_P(PagesContract, of_several_categories_are_in_order_both_ways) {
  const std::vector<std::string> names{"control", "network", "page", "console", "no-known-one"};
  std::vector<events::Record> records;
  std::vector<std::int64_t> wanted, strange;
  for (std::int64_t seq = 1; seq <= 300; ++seq) {
    const auto& name = names[static_cast<std::size_t>(seq * seq % 7 % 5)];
    if (name == "network" || name == "page") wanted.push_back(seq);
    if (name == "no-known-one") strange.push_back(seq);
    records.push_back(sample(seq, seq, name));
  }
  ASSERT_TRUE(archive(this->store(), kA, records));
  EXPECT_EQ(this->seqs(kA, "limit=7&offset=1&category=page,network,page,none"), wanted);
  EXPECT_EQ(this->seqs(kA, "limit=7&offset=1&category=no-known-one"), strange);
  EXPECT_EQ(this->seqs(kA, "limit=7&offset=1").size(), 300u);
  std::reverse(wanted.begin(), wanted.end());
  EXPECT_EQ(this->seqs(kA, "limit=7&order=desc&until=1s&category=page,network"), wanted);
}

TYPED_TEST_P(PagesContract, of_many_small_batches_read_as_one_log) {
  constexpr std::int64_t kEvents = 700;
  std::vector<std::int64_t> pages;
  for (std::int64_t seq = 1; seq <= kEvents; ++seq) {
    std::vector<events::Record> records{sample(seq, seq * 1000, seq % 3 == 0 ? "page" : "control")};
    if (seq % 3 == 0) pages.push_back(seq);
    ASSERT_TRUE(archive(this->store(), kA, std::move(records)));
    if (seq == kEvents / 2) this->reopen();
  }
  const auto all = this->seqs(kA);
  ASSERT_EQ(all.size(), static_cast<std::size_t>(kEvents));
  for (std::int64_t i = 0; i < kEvents; ++i) ASSERT_EQ(all[static_cast<std::size_t>(i)], i + 1);
  EXPECT_EQ(this->seqs(kA, "limit=100&offset=1&category=page"), pages);
  const auto log = this->store().archived_events(kA);
  EXPECT_EQ(log->first_at(499'001).value(), 500);
  EXPECT_EQ(log->first_at(0).value(), 1);
  EXPECT_EQ(log->first_at(kEvents * 1000).value(), kEvents);
  EXPECT_FALSE(log->first_at(kEvents * 1000 + 1).value());
}

TYPED_TEST_P(PagesContract, at_every_depth_and_of_one_event_in_a_thousand_hold_what_they_should) {
  constexpr std::int64_t kEvents = 24'000, kBatch = 1'500;
  const auto category = [](std::int64_t seq) {
    return seq % 1000 == 0 ? "system" : seq % 3 == 0 ? "console" : "network";
  };
  for (std::int64_t seq = 1; seq <= kEvents;) {
    std::vector<events::Record> records;
    for (const auto end = seq + kBatch; seq < end; ++seq)
      records.push_back(sample(seq, seq * 1000, category(seq)));
    ASSERT_TRUE(archive(this->store(), kA, std::move(records)));
  }
  const auto log = this->store().archived_events(kA);
  for (const std::int64_t first : {1, 2'999, 12'000, 23'901}) {
    const auto forth = this->page("limit=100&offset=" + std::to_string(first));
    ASSERT_EQ(forth.records.size(), 100u) << first;
    for (std::int64_t i = 0; i < 100; ++i) {
      const auto& record = forth.records[static_cast<std::size_t>(i)];
      ASSERT_EQ(record.seq, first + i);
      ASSERT_EQ(record.json, sample(record.seq, record.ts, category(record.seq)).json);
    }
    EXPECT_EQ(forth.has_more, first + 99 < kEvents);
    const auto back = this->page("limit=100&order=desc&offset=" + std::to_string(first + 100));
    ASSERT_EQ(back.records.size(), 100u);
    for (std::int64_t i = 0; i < 100; ++i)
      ASSERT_EQ(back.records[static_cast<std::size_t>(i)].seq, first + 99 - i);
    EXPECT_EQ(log->first_at(first * 1000).value(), first);
    EXPECT_EQ(log->first_at(first * 1000 - 999).value(), first);
  }
  const auto rare = this->seqs(kA, "limit=5&offset=1&category=system");
  ASSERT_EQ(rare.size(), static_cast<std::size_t>(kEvents / 1000));
  for (std::size_t i = 0; i < rare.size(); ++i) EXPECT_EQ(rare[i], static_cast<std::int64_t>(i + 1) * 1000);
  const auto late = this->page("limit=3&offset=20500&category=system,console").records;
  ASSERT_EQ(late.size(), 3u);
  EXPECT_EQ(late.front().seq, 20'502);
}

TYPED_TEST_P(PagesContract, who_reads_while_the_archive_grows_misses_nothing) {
  constexpr std::int64_t kEvents = 400;
  std::atomic<bool> failed = false;
  std::thread writer([&] {
    for (std::int64_t seq = 1; seq <= kEvents && !failed; ++seq)
      if (!archive(this->other(), kA, {sample(seq, seq, seq % 2 == 0 ? "page" : "control")})) failed = true;
  });
  std::int64_t next = 1;
  while (next <= kEvents && !failed)
    for (const auto& record : this->page("limit=100&offset=" + std::to_string(next)).records)
      if (record.seq != next++) failed = true;
  writer.join();
  EXPECT_FALSE(failed) << "before " << next;
}

REGISTER_TYPED_TEST_SUITE_P(PagesContract, of_several_categories_are_in_order_both_ways,
                            of_many_small_batches_read_as_one_log,
                            at_every_depth_and_of_one_event_in_a_thousand_hold_what_they_should,
                            who_reads_while_the_archive_grows_misses_nothing);

}  // namespace wye::control::testing
