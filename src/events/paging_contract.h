#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <set>

#include "events/make_record.h"
#include "events/paging.h"

// Tests for every RecordSource. A fixture derives from PagingContract and provides `source(records)`.
namespace wye::events::testing {

inline Record sample(std::int64_t seq, std::int64_t ts, const std::string& category = "control") {
  return make_record(seq,
                     {.ts = ts, .type = "api_call", .category = category, .source = {.kind = "kernel_api"}});
}

inline std::vector<Record> samples(std::int64_t count) {
  std::vector<Record> out;
  for (std::int64_t seq = 1; seq <= count; ++seq)
    out.push_back(sample(seq, seq * 1000, seq % 10 == 0 ? "connection" : "control"));
  return out;
}

inline std::vector<std::int64_t> page_all(RecordSource& source, std::string query_text, int* pages) {
  std::vector<std::int64_t> seqs;
  auto query = parse_page_query(query_text, 10'000'000'000).value();
  for (*pages = 1;; ++*pages) {
    const auto page = read_page(source, query).value();
    for (const auto& record : page.records) seqs.push_back(record.seq);
    if (!page.has_more) return seqs;
    query.offset = page.next_offset;
    query.since.reset();
  }
}

template <class Fixture>
class PagingContract : public ::testing::Test {
 protected:
  Fixture fixture_;
};
TYPED_TEST_SUITE_P(PagingContract);

TYPED_TEST_P(PagingContract, ascending_pages_show_every_record_once) {
  auto& source = this->fixture_.source(samples(95));
  int pages = 0;
  const auto seqs = page_all(source, "limit=10&offset=1", &pages);
  ASSERT_EQ(seqs.size(), 95u);
  for (std::size_t i = 0; i < seqs.size(); ++i) EXPECT_EQ(seqs[i], static_cast<std::int64_t>(i) + 1);
  EXPECT_EQ(pages, 10);
}

TYPED_TEST_P(PagingContract, descending_pages_show_every_record_once) {
  auto& source = this->fixture_.source(samples(25));
  int pages = 0;
  const auto seqs = page_all(source, "limit=10&order=desc&until=2030-01-01T00:00:00Z", &pages);
  ASSERT_EQ(seqs.size(), 25u);
  for (std::size_t i = 0; i < seqs.size(); ++i) EXPECT_EQ(seqs[i], 25 - static_cast<std::int64_t>(i));
}

TYPED_TEST_P(PagingContract, a_last_page_that_is_full_says_there_is_no_more) {
  auto& source = this->fixture_.source(samples(20));
  const auto page = read_page(source, parse_page_query("limit=20&offset=1", 1'000'000).value()).value();
  EXPECT_EQ(page.records.size(), 20u);
  EXPECT_FALSE(page.has_more);
  EXPECT_EQ(page.next_offset, 0);
}

TYPED_TEST_P(PagingContract, filtered_pages_are_filled) {
  auto& source = this->fixture_.source(samples(100));
  const auto page =
      read_page(source, parse_page_query("limit=5&offset=1&category=connection", 1'000'000).value()).value();
  ASSERT_EQ(page.records.size(), 5u);
  EXPECT_EQ(page.records.back().seq, 50);
  EXPECT_TRUE(page.has_more);
  EXPECT_EQ(page.next_offset, 51);
  const auto none =
      read_page(source, parse_page_query("offset=1&category=console", 1'000'000).value()).value();
  EXPECT_TRUE(none.records.empty());
  EXPECT_FALSE(none.has_more);
}

TYPED_TEST_P(PagingContract, windows_include_since_and_exclude_until) {
  auto& source = this->fixture_.source(samples(50));
  const auto page =
      read_page(source,
                parse_page_query("since=1970-01-01T00:00:00.010Z&until=1970-01-01T00:00:00.013Z", 1'000'000)
                    .value())
          .value();
  ASSERT_EQ(page.records.size(), 3u);
  EXPECT_EQ(page.records.front().seq, 10);
  const auto newest =
      read_page(source,
                parse_page_query("order=desc&until=1970-01-01T00:00:00.013Z&limit=2", 1'000'000).value())
          .value();
  ASSERT_EQ(newest.records.size(), 2u);
  EXPECT_EQ(newest.records.front().seq, 12);
  for (const auto& [cursor, first] : {std::pair("40", 12), std::pair("8", 7)}) {
    const auto query = "order=desc&until=1970-01-01T00:00:00.013Z&offset=" + std::string(cursor);
    const auto below = read_page(source, parse_page_query(query, 1'000'000).value()).value();
    EXPECT_EQ(below.records.front().seq, first) << "a cursor does not replace until";
  }
}

TYPED_TEST_P(PagingContract, pages_of_large_records_end_by_their_bytes_and_lose_none) {
  constexpr std::size_t kLarge = 900'000;
  auto records = samples(25);
  for (auto& record : records)
    record.json.insert(record.json.size() - 2, ",\"data\":\"" + std::string(kLarge, 'x') + "\"");
  auto& source = this->fixture_.source(records);
  for (const auto* query : {"limit=100&offset=1", "limit=100&order=desc&until=2030-01-01T00:00:00Z"}) {
    const auto page = read_page(source, parse_page_query(query, 10'000'000'000).value()).value();
    EXPECT_EQ(page.records.size(), kPageBytes / kLarge + 1) << query;
    EXPECT_TRUE(page.has_more);
    int pages = 0;
    const auto seqs = page_all(source, query, &pages);
    EXPECT_EQ(seqs.size(), 25u) << query;
    EXPECT_EQ(std::set<std::int64_t>(seqs.begin(), seqs.end()).size(), 25u) << query;
    EXPECT_EQ(pages, 3) << query;
  }
}

TYPED_TEST_P(PagingContract, an_empty_log_is_an_empty_page) {
  auto& source = this->fixture_.source({});
  for (const auto* query : {"", "offset=1", "order=desc", "offset=99999"}) {
    const auto page = read_page(source, parse_page_query(query, 1'000'000'000).value()).value();
    EXPECT_TRUE(page.records.empty() && !page.has_more) << query;
    EXPECT_EQ(page_body(page), "[]");
  }
}

REGISTER_TYPED_TEST_SUITE_P(PagingContract, ascending_pages_show_every_record_once,
                            pages_of_large_records_end_by_their_bytes_and_lose_none,
                            descending_pages_show_every_record_once,
                            a_last_page_that_is_full_says_there_is_no_more, filtered_pages_are_filled,
                            windows_include_since_and_exclude_until, an_empty_log_is_an_empty_page);

}  // namespace wye::events::testing
