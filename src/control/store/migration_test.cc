// Databases of earlier versions, as they are on users' disks.
#include <gtest/gtest.h>

#include <thread>

#include "base/random.h"
#include "control/store/schema.h"
#include "control/store/sqlite_check.h"
#include "control/store/sqlite_store.h"
#include "control/store/testing/past_databases.h"
#include "control/store/testing/power_cut.h"
#include "control/store/testing/scratch_dir.h"
#include "events/paging.h"

namespace wye::control {
namespace {

using testing::kPastGone;
using testing::kPastKeyHash;
using testing::kPastLive;

class PastVersion : public ::testing::TestWithParam<int> {
 protected:
  void SetUp() override { testing::run_sql(path_, testing::past_database(GetParam())); }
  testing::ScratchDir directory_;
  const std::string path_ = directory_.file("wye.db");
};

std::vector<int> past_versions() {
  std::vector<int> out;
  for (int version = 1; version < schema_version(); ++version) out.push_back(version);
  return out;
}
INSTANTIATE_TEST_SUITE_P(Schema, PastVersion, ::testing::ValuesIn(past_versions()),
                         ::testing::PrintToStringParamName());

void expect_all_of_it(Store& store, int version) {
  const auto live = store.session(kPastLive).value();
  ASSERT_TRUE(live);
  EXPECT_EQ(live->life, Life::live);
  EXPECT_EQ(live->created_at, 1790847000123456);
  EXPECT_EQ(live->jwt, "a.b.c");
  EXPECT_EQ(live->config.tags->at("team"), "qa");
  EXPECT_TRUE(live->telemetry->at("control").enabled);
  EXPECT_NE(live->vm, "");
  EXPECT_EQ(store.session_by_name("checkout").value()->id, kPastLive);
  EXPECT_TRUE(live->was_live);
  const auto mark = store.spool_mark(kPastLive).value();
  EXPECT_EQ(mark.last_seq, 2);
  EXPECT_EQ(mark.damaged, version < 3 ? 0 : 12);
  EXPECT_EQ(mark.dropped, version < 3 ? 0 : 3);
  EXPECT_FALSE(store.incomplete_archive(kPastLive).value());
  const auto gone = store.session(kPastGone).value();
  EXPECT_EQ(gone->life, Life::gone);
  EXPECT_EQ(gone->deleted_at, 1790846900000000);
  EXPECT_EQ(gone->ended_uptime_ms, 899877);
  EXPECT_EQ(live->export_to, "") << "nothing was exported before";
  EXPECT_TRUE(store.exports().destinations_behind().value().empty());
  EXPECT_TRUE(store.exports().list({}).value().empty());
  EXPECT_EQ(store.setting("metro_port").value(), "41234");
  const auto events = store.archived_events(kPastLive);
  const auto page = events::read_page(*events, events::parse_page_query("offset=1", 1).value()).value();
  ASSERT_EQ(page.records.size(), 2u);
  EXPECT_EQ(page.records[1].type, "cdp_connect");
  EXPECT_GE(store.archive_size().value().sessions, 2);
  const auto oldest = store.oldest_ended_archive().value();
  ASSERT_TRUE(oldest);
  EXPECT_EQ(oldest->session, kPastGone);
  EXPECT_EQ(oldest->ended_at, gone->deleted_at);
  EXPECT_EQ(oldest->events, 1);
  EXPECT_GT(oldest->bytes, 20);
}

TEST_P(PastVersion, is_known_to_this_test) { EXPECT_NE(testing::past_database(GetParam()), ""); }

TEST_P(PastVersion, is_brought_up_to_date_with_all_it_holds) {
  const auto store = open_sqlite_store(path_).value();
  expect_all_of_it(*store, GetParam());
  const auto key = store->keys().by_hash(kPastKeyHash).value();
  ASSERT_TRUE(key);
  EXPECT_TRUE(is_id(key->id)) << key->id;
  EXPECT_NE(key->name, "");
  EXPECT_GT(key->created_at, 1'700'000'000'000'000);
  EXPECT_EQ(key->expires_at, 0);
  EXPECT_EQ(key->deleted_at, 0);
  EXPECT_EQ(check_database(path_, CheckDepth::complete).value(), schema_version());
}

// There are more rows than one step moves, and each must be there once whatever a power cut leaves.
TEST_P(PastVersion, has_its_archive_packed_anew_in_steps_that_a_cut_may_part) {
  constexpr std::int64_t kRows = 11'000;
  const std::string more(24, 'm');
  testing::run_sql(
      path_,
      "INSERT INTO sessions (id, life, created_at, region, jwt, config, telemetry) VALUES ('" + more +
          "', 'live', 1, 'r', 'j', '{}', 'null'); WITH RECURSIVE n(i) AS (SELECT 1 UNION "
          "ALL SELECT i+1 FROM n WHERE i<" +
          std::to_string(kRows) + ") INSERT INTO events SELECT '" + more +
          "', i, i*1000, iif(i%10=0, 'page', 'control'), 't', '{\"seq\":'||i||',\"event\":{}}' FROM n");
  testing::ScratchDir other;
  std::vector<testing::PowerCut::Image> images;
  {
    testing::PowerCut power;
    power.record_images();
    std::string said;
    (void)open_sqlite_store(path_, {.say = [&](const std::string& text) { said = text; }}).value();
    EXPECT_NE(said.find("11003 events, 0 rows"), std::string::npos) << said;
    images = power.images();
  }
  for (std::size_t i = 0; i < images.size(); i += 1 + images.size() / 12) {
    testing::PowerCut::restore(images[i], other.path());
    const auto store = open_sqlite_store(other.file("wye.db")).value();
    const auto events = store->archived_events(more);
    std::int64_t next = 0;
    EXPECT_TRUE(
        events->scan({}, [&](const events::Record& it) { return it.seq == ++next && it.ts == next * 1000; }));
    EXPECT_EQ(next, kRows);
    const std::vector<std::string> pages{"page"};
    std::int64_t found = 0;
    EXPECT_TRUE(events->scan({.categories = &pages}, [&](const events::Record& it) {
      return it.seq == ++found * 10 && it.json == "{\"seq\":" + std::to_string(it.seq) + ",\"event\":{}}";
    }));
    EXPECT_EQ(found, kRows / 10);
    expect_all_of_it(*store, GetParam());
  }
}

TEST_P(PastVersion, is_left_alone_by_who_must_not_change_it) {
  const auto before = testing::read_bytes(path_);
  const auto opened = open_sqlite_store(path_, {.upgrade = false});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, "store_older");
  EXPECT_EQ(testing::read_bytes(path_), before);
}

TEST_P(PastVersion, survives_a_power_cut_at_any_moment_of_its_upgrade) {
  testing::ScratchDir other;
  std::vector<testing::PowerCut::Image> images;
  {
    testing::PowerCut power;
    power.record_images();
    (void)open_sqlite_store(path_).value();
    images = power.images();
  }
  ASSERT_GE(images.size(), 4u);
  for (const auto& image : images) {
    testing::PowerCut::restore(image, other.path());
    EXPECT_GE(check_database(other.file("wye.db"), CheckDepth::complete).value(), GetParam());
    const auto store = open_sqlite_store(other.file("wye.db")).value();
    expect_all_of_it(*store, GetParam());
    EXPECT_TRUE(store->keys().by_hash(kPastKeyHash).value());
  }
}

TEST_P(PastVersion, is_upgraded_once_when_two_begin_together) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([this] { EXPECT_TRUE(open_sqlite_store(path_, {.check = false})); });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(open_sqlite_store(path_).value()->keys().count().value(), 1);
}

TEST_P(PastVersion, of_hostile_rows_does_no_harm) {
  testing::ScratchDir other;
  const auto path = other.file("wye.db");
  testing::run_sql(path, testing::hostile_database(GetParam()));
  const auto store = open_sqlite_store(path).value();
  EXPECT_EQ(store->keys().count().value(), 1) << "a row that cannot be a key is left out";
  for (const auto& key : store->keys().list({.limit = 100}).value()) EXPECT_TRUE(is_id(key.id));
  // Each call returns a value or an error that names the record; nothing else is promised.
  for (const char* id : {"", "h1", "h2", "h3", "h4"}) {
    (void)store->spool_mark(id);
    const auto session = store->session(id);
    if (session) continue;
    EXPECT_NE(session.error().message.find(std::string("\"") + id + "\""), std::string::npos)
        << session.error().message;
  }
  (void)store->sessions({.active = true, .deleted = true});
  (void)store->sessions({.tags = {{"a", "b"}}});
  (void)store->sessions_not_gone();
  (void)store->setting("metro_port");
  const auto events = store->archived_events("h1");
  for (const char* query : {"offset=1", "order=desc", "since=5m", "offset=1&category=control"})
    (void)events::read_page(*events, events::parse_page_query(query, 1'790'000'000'000'000).value());
  EXPECT_TRUE(store->archive_size());
  while (const auto oldest = store->oldest_ended_archive().value())
    ASSERT_TRUE(store->expire_archive(oldest->session));
  while (store->remove_expired(1 << 20).value()) continue;
}

}  // namespace
}  // namespace wye::control
