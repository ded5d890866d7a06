#pragma once

#include <random>

#include "control/store/chunk.h"
#include "control/store/testing/contract.h"

// The archive: batches at the mark they expect, and removal. Pages: contract_pages.h.
namespace wye::control::testing {

using events::testing::sample;

template <class Engine>
struct ArchiveFixture {
  events::RecordSource& source(const std::vector<events::Record>& records) {
    for (const auto& id : {kA, kB}) EXPECT_TRUE(store->insert_session(live_session(id)));
    EXPECT_TRUE(archive(*store, kB, {sample(1, 5)})) << "another session's records must not show";
    EXPECT_TRUE(archive(*store, kA, records));
    events = store->archived_events(kA);
    return *events;
  }
  Engine engine;
  std::unique_ptr<Store> store = engine.open();
  std::unique_ptr<events::RecordSource> events;
};

template <class Engine>
class ArchiveContract : public StoreContract<Engine> {
 protected:
  ArchiveContract() { EXPECT_TRUE(this->store().insert_session(live_session(kA))); }
  static host::ArchiveBatch batch(const std::string& id, const host::SpoolMark& expected, std::int64_t seq) {
    return {.session = id,
            .expected = expected,
            .records = {sample(seq, seq)},
            .mark = {.offset = seq * 10, .last_seq = seq, .last_ts = seq}};
  }
};
TYPED_TEST_SUITE_P(ArchiveContract);

TYPED_TEST_P(ArchiveContract, a_batch_is_taken_at_the_mark_it_expects_and_nowhere_else) {
  const auto first = this->batch(kA, {}, 1);
  const auto taken = this->store().archive({first}).value().at(0);
  EXPECT_TRUE(taken.taken);
  EXPECT_GT(taken.archive_bytes, 0);
  EXPECT_EQ(taken.archive_bytes, this->store().archive_bytes(kA).value());
  EXPECT_EQ(this->other().spool_mark(kA).value(), first.mark);
  EXPECT_FALSE(this->other().archive({first}).value().at(0).taken)
      << "a server that does not know repeats it in vain";
  for (auto wrong : {host::SpoolMark{11, 1, 1}, host::SpoolMark{10, 2, 1}, host::SpoolMark{10, 1, 2},
                     host::SpoolMark{10, 1, 1, 1}, host::SpoolMark{10, 1, 1, 0, 1}})
    EXPECT_FALSE(this->store().archive({this->batch(kA, wrong, 2)}).value().at(0).taken);
  EXPECT_EQ(this->seqs(kA), std::vector<std::int64_t>{1});
  EXPECT_TRUE(this->store().archive({this->batch(kA, first.mark, 2)}).value().at(0).taken);
  this->reopen();
  EXPECT_EQ(this->seqs(kA), (std::vector<std::int64_t>{1, 2}));
  EXPECT_EQ(this->store().spool_mark(kA).value(), (host::SpoolMark{20, 2, 2}));
}

TYPED_TEST_P(ArchiveContract, batches_of_several_sessions_are_one_commit_and_each_has_its_outcome) {
  ASSERT_TRUE(this->store().insert_session(live_session(kB)));
  const auto outcomes = this->store()
                            .archive({this->batch(kA, {}, 1), this->batch(kB, {.offset = 1}, 1),
                                      this->batch(kC, {}, 1), this->batch(kA, {10, 1, 1}, 2)})
                            .value();
  ASSERT_EQ(outcomes.size(), 4u);
  EXPECT_TRUE(outcomes[0].taken);
  EXPECT_FALSE(outcomes[1].taken) << "at another mark";
  EXPECT_FALSE(outcomes[2].taken) << "not on record";
  EXPECT_TRUE(outcomes[3].taken) << "after the first of them";
  EXPECT_EQ(this->seqs(kA), (std::vector<std::int64_t>{1, 2}));
  EXPECT_TRUE(this->seqs(kB).empty());
  EXPECT_EQ(this->store().spool_mark(kB).value(), host::SpoolMark());
  EXPECT_TRUE(this->store().archive({}).value().empty());
}

TYPED_TEST_P(ArchiveContract, a_mark_goes_on_without_records_and_keeps_what_was_lost) {
  const host::SpoolMark mark{.offset = 7, .damaged = 5, .dropped = 3};
  ASSERT_TRUE(archive(this->store(), kA, {}, mark));
  this->reopen();
  EXPECT_EQ(this->store().spool_mark(kA).value(), mark);
  ASSERT_TRUE(archive(this->store(), kA, {}, {.offset = 8}));
  EXPECT_EQ(this->store().spool_mark(kA).value(), (host::SpoolMark{.offset = 8}));
}

TYPED_TEST_P(ArchiveContract, of_two_writers_one_is_taken_at_each_mark) {
  constexpr std::int64_t kEvents = 60;
  std::atomic<int> taken = 0, lost = 0;
  this->race([&](Store& store) {
    for (auto mark = store.spool_mark(kA).value(); mark.last_seq < kEvents;) {
      const auto next = this->batch(kA, mark, mark.last_seq + 1);
      const auto outcome = store.archive({next});
      ASSERT_TRUE(outcome) << outcome.error().message;
      ++(outcome->at(0).taken ? taken : lost);
      mark = outcome->at(0).taken ? next.mark : store.spool_mark(kA).value();
    }
  });
  EXPECT_EQ(taken, kEvents);
  const auto all = this->seqs(kA);
  ASSERT_EQ(all.size(), static_cast<std::size_t>(kEvents));
  for (std::int64_t i = 0; i < kEvents; ++i) EXPECT_EQ(all[static_cast<std::size_t>(i)], i + 1);
}

TYPED_TEST_P(ArchiveContract, the_first_of_a_seq_wins) {
  auto record = sample(1, 10);
  ASSERT_TRUE(archive(this->store(), kA, {record}, {100, 1, 10}));
  record.json = R"({"seq":1,"event":{"forged":true}})";
  ASSERT_TRUE(archive(this->store(), kA, {record, sample(2, 10)}, {200, 2, 10}));
  const auto events = this->store().archived_events(kA);
  const auto page = events::read_page(*events, events::parse_page_query("offset=1", 1).value()).value();
  ASSERT_EQ(page.records.size(), 2u);
  EXPECT_EQ(page.records[0].json, sample(1, 10).json);
}

TYPED_TEST_P(ArchiveContract, a_session_that_is_gone_takes_nothing_more) {
  ASSERT_TRUE(archive(this->store(), kA, {sample(1, 1)}, {10, 1, 1}));
  end_session(this->store(), kA, 9);
  EXPECT_FALSE(archive(this->store(), kA, {sample(2, 2)}, {20, 2, 2}));
  EXPECT_EQ(this->seqs(kA), std::vector<std::int64_t>{1});
}

TYPED_TEST_P(ArchiveContract, an_archive_that_lacks_its_end_says_so) {
  EXPECT_FALSE(this->store().incomplete_archive(kA).value());
  auto last = this->batch(kA, {}, 1LL << 40);
  last.incomplete = {.reason = "spool_missing", .last_seq = 7, .last_contact = 8};
  ASSERT_TRUE(this->store().archive({last}).value().at(0).taken);
  end_session(this->store(), kA, 9);
  this->reopen();
  const auto lost = this->store().incomplete_archive(kA).value();
  ASSERT_TRUE(lost);
  EXPECT_EQ(lost->reason, "spool_missing");
  EXPECT_EQ(lost->last_seq, 7);
  EXPECT_EQ(lost->last_contact, 8);
  EXPECT_EQ(this->seqs(kA), std::vector<std::int64_t>{1LL << 40});
  EXPECT_FALSE(this->store().incomplete_archive(kC).value());
}

TYPED_TEST_P(ArchiveContract, archives_of_ended_sessions_go_one_by_one) {
  for (const auto& id : {kB, kC}) ASSERT_TRUE(this->store().insert_session(live_session(id)));
  for (const auto& id : {kA, kB, kC}) ASSERT_TRUE(archive(this->store(), id, {sample(1, 1), sample(2, 2)}));
  EXPECT_FALSE(this->store().oldest_ended_archive().value()) << "all live";
  EXPECT_EQ(this->store().archive_size().value().living, 3);
  ASSERT_TRUE(this->store().expire_archive(kA));
  EXPECT_EQ(this->seqs(kA).size(), 2u) << "it lives";
  end_session(this->store(), kB, 50);
  end_session(this->store(), kA, 60);
  const auto oldest = this->other().oldest_ended_archive().value();
  ASSERT_TRUE(oldest);
  EXPECT_EQ(oldest->session, kB);
  EXPECT_EQ(oldest->ended_at, 50);
  EXPECT_EQ(oldest->events, 2);
  EXPECT_EQ(oldest->bytes, this->store().archive_bytes(kB).value());
  const auto before = this->store().archive_size().value();
  EXPECT_EQ(before.sessions, 3);
  ASSERT_TRUE(this->store().expire_archive(kB));
  EXPECT_TRUE(this->seqs(kB).empty()) << "at once";
  EXPECT_FALSE(this->store().archived_events(kB)->first_at(0).value());
  EXPECT_EQ(this->store().archive_bytes(kB).value(), 0);
  EXPECT_EQ(this->store().archive_size().value().bytes, before.bytes - oldest->bytes);
  this->reopen();
  std::int64_t removed = 0;
  while (const auto some = this->store().remove_expired(1).value()) removed += *some;
  EXPECT_EQ(removed, 2);
  EXPECT_EQ(this->store().oldest_ended_archive().value()->session, kA);
  EXPECT_EQ(this->seqs(kC).size(), 2u);
  EXPECT_EQ(this->store().session(kB).value()->life, Life::gone) << "its existence stays on record";
}

TYPED_TEST_P(ArchiveContract, an_expired_archive_is_removed_in_whole_chunks_of_about_so_many_bytes) {
  constexpr std::int64_t kEvents = 4000, kText = 1000, kStep = 400'000;
  ASSERT_TRUE(this->store().insert_session(live_session(kB)));
  ASSERT_TRUE(archive(this->store(), kB, {sample(1, 1)}));
  std::mt19937 dice(20261130);
  std::vector<events::Record> records;
  for (std::int64_t seq = 1; seq <= kEvents; ++seq) {
    records.push_back(sample(seq, seq, seq % 2 == 0 ? "page" : "control"));
    records.back().json.insert(records.back().json.size() - 2, ",\"data\":\"" + noise(dice, kText) + "\"");
  }
  ASSERT_TRUE(archive(this->store(), kA, std::move(records)));
  end_session(this->store(), kA, 9);
  ASSERT_TRUE(this->store().expire_archive(kA));
  std::int64_t removed = 0;
  int steps = 0;
  while (const auto some = this->store().remove_expired(kStep).value()) {
    EXPECT_TRUE(this->seqs(kA).empty());
    EXPECT_LE(*some * kText * 3 / 4, kStep + static_cast<std::int64_t>(kMaxChunkText));
    if (steps == 0) {
      EXPECT_GT(*some, kStep / 2 / kText);
    }
    removed += *some;
    ++steps;
    this->reopen();
  }
  EXPECT_EQ(removed, kEvents);
  EXPECT_GT(steps, kEvents * kText * 3 / 4 / (kStep + static_cast<std::int64_t>(kMaxChunkText)));
  EXPECT_EQ(this->seqs(kB).size(), 1u);
}

TYPED_TEST_P(ArchiveContract, what_is_there_is_power_safe_when_asked) {
  ASSERT_TRUE(archive(this->store(), kA, {sample(1, 1)}));
  EXPECT_TRUE(this->store().make_power_safe());
  EXPECT_TRUE(this->store().make_power_safe());
}

REGISTER_TYPED_TEST_SUITE_P(ArchiveContract, a_batch_is_taken_at_the_mark_it_expects_and_nowhere_else,
                            batches_of_several_sessions_are_one_commit_and_each_has_its_outcome,
                            a_mark_goes_on_without_records_and_keeps_what_was_lost,
                            of_two_writers_one_is_taken_at_each_mark, the_first_of_a_seq_wins,
                            a_session_that_is_gone_takes_nothing_more, an_archive_that_lacks_its_end_says_so,
                            archives_of_ended_sessions_go_one_by_one,
                            an_expired_archive_is_removed_in_whole_chunks_of_about_so_many_bytes,
                            what_is_there_is_power_safe_when_asked);

}  // namespace wye::control::testing
