#include "control/store/sqlite_store.h"

#include <gtest/gtest.h>

#include "control/store/testing/scratch_dir.h"
#include "events/paging_contract.h"
#include "testing/small_disk.h"

namespace wye::control {
namespace {

using Pair = std::pair<const std::string, std::string>;
using Tags = std::map<std::string, std::string>;

Session sample_session(const std::string& id, std::int64_t created, const std::string& name = {}) {
  Session session{.id = id, .life = Life::live, .created_at = created, .jwt = "j." + id};
  if (!name.empty()) session.config.name = name;
  session.config.region = "us-east";
  return session;
}

const std::string kA(24, 'a'), kB(24, 'b'), kC(24, 'c');

struct ArchiveFixture {
  events::RecordSource& source(const std::vector<events::Record>& records) {
    EXPECT_TRUE(store->insert_session(sample_session(kA, 1)));
    EXPECT_TRUE(store->archive(kB, {events::testing::sample(1, 5)}, {}));  // another session's must not show
    EXPECT_TRUE(store->archive(kA, records, {}));
    events = store->archived_events(kA);
    return *events;
  }
  testing::ScratchDir directory;
  std::unique_ptr<Store> store = open_sqlite_store(directory.file("wye.db")).value();
  std::unique_ptr<events::RecordSource> events;
};

}  // namespace
}  // namespace wye::control

namespace wye::events::testing {
INSTANTIATE_TYPED_TEST_SUITE_P(Archive, PagingContract, control::ArchiveFixture);
}  // namespace wye::events::testing

namespace wye::control {
namespace {

class SqliteStore : public ::testing::Test {
 protected:
  std::unique_ptr<Store> open() { return open_sqlite_store(directory_.file("wye.db")).value(); }
  testing::ScratchDir directory_;
};

TEST_F(SqliteStore, keeps_sessions_over_a_restart) {
  auto session = sample_session(kA, 5, "Checkout-1");
  session.telemetry = std::map<std::string, TelemetryCategory>{{"control", {true}}};
  session.config.tags = Tags{Pair("team", "qa")};
  ASSERT_TRUE(open()->insert_session(session));
  const auto store = open();
  const auto kept = store->session(kA).value();
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->config.tags, session.config.tags);
  EXPECT_TRUE(kept->telemetry->at("control").enabled);
  EXPECT_EQ(store->session_by_name("CHECKOUT-1").value()->id, kA);
}

TEST_F(SqliteStore, names_are_unique_among_active_sessions_without_case) {
  const auto store = open();
  ASSERT_TRUE(store->insert_session(sample_session(kA, 1, "n")));
  const auto second = store->insert_session(sample_session(kB, 2, "N"));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, "name_conflict");
  ASSERT_TRUE(store->set_life(kA, Life::ending));
  EXPECT_TRUE(store->insert_session(sample_session(kB, 2, "N"))) << "an ending session gives its name up";
  EXPECT_EQ(store->session_by_name("n").value()->id, kB);
}

TEST_F(SqliteStore, gone_is_for_good) {
  const auto store = open();
  ASSERT_TRUE(store->insert_session(sample_session(kA, 1)));
  ASSERT_TRUE(store->set_gone(kA, 77, 5));
  ASSERT_TRUE(store->set_life(kA, Life::live));
  EXPECT_EQ(store->session(kA).value()->life, Life::gone);
  EXPECT_EQ(store->session(kA).value()->deleted_at, 77);
  EXPECT_TRUE(store->sessions_not_gone().value().empty());
}

TEST_F(SqliteStore, lists_newest_first_and_filters) {
  const auto store = open();
  auto tagged = sample_session(kB, 2, "beta");
  tagged.config.tags = Tags{Pair("team", "qa")};
  ASSERT_TRUE(store->insert_session(sample_session(kA, 1, "alpha")));
  ASSERT_TRUE(store->insert_session(tagged));
  ASSERT_TRUE(store->insert_session(sample_session(kC, 3)));
  ASSERT_TRUE(store->set_gone(kC, 9, 0));
  const auto ids = [&](SessionFilter filter) {
    std::vector<std::string> out;
    for (const auto& session : store->sessions(filter).value()) out.push_back(session.id);
    return out;
  };
  EXPECT_EQ(ids({}), (std::vector<std::string>{kB, kA}));
  EXPECT_EQ(ids({.deleted = true}), (std::vector<std::string>{kC, kB, kA}));
  EXPECT_EQ(ids({.active = false, .deleted = true}), (std::vector<std::string>{kC}));
  EXPECT_EQ(ids({.query = "LPH"}), (std::vector<std::string>{kA}));
  EXPECT_EQ(ids({.query = kB}), (std::vector<std::string>{kB}));
  EXPECT_EQ(ids({.tags = Tags{Pair("team", "qa")}}), (std::vector<std::string>{kB}));
  EXPECT_EQ(ids({.tags = Tags{Pair("team", "x")}}), (std::vector<std::string>{}));
  EXPECT_EQ(ids({.limit = 1, .offset = 1}), (std::vector<std::string>{kA}));
}

TEST_F(SqliteStore, a_vm_is_set_while_its_session_is_created_and_replaced_while_it_lives) {
  const auto store = open();
  auto session = sample_session(kA, 1);
  session.life = Life::creating;
  ASSERT_TRUE(store->insert_session(session));
  EXPECT_TRUE(store->replace_vm(kA, "too early"));
  EXPECT_EQ(store->session(kA).value()->vm, "");
  EXPECT_TRUE(store->set_vm(kA, "first", Life::creating));
  EXPECT_TRUE(store->set_vm(kA, "first", Life::live));
  EXPECT_TRUE(store->replace_vm(kA, "second"));
  EXPECT_EQ(store->session(kA).value()->vm, "second");
  ASSERT_TRUE(store->set_life(kA, Life::ending));
  const auto late = store->set_vm(kA, "late", Life::live);
  ASSERT_FALSE(late) << "what ends does not live again";
  EXPECT_EQ(late.error().kind, ErrorKind::conflict);
  EXPECT_TRUE(store->replace_vm(kA, "late"));
  EXPECT_EQ(store->session(kA).value()->vm, "second");
  EXPECT_EQ(store->session(kA).value()->life, Life::ending);
}

TEST_F(SqliteStore, a_full_disk_is_503_and_passes) {
  EXPECT_TRUE(wye::testing::on_small_disk(1 << 20, [](const std::string& directory) {
    const auto store = open_sqlite_store(directory + "/wye.db").value();
    wye::testing::fill_disk(directory + "/ballast");
    auto done = Result<void>();
    std::int64_t seq = 0;
    while (done) {
      ++seq;
      done = store->archive(kA, {events::testing::sample(seq, 10)}, {seq, seq, 10});
    }
    EXPECT_EQ(done.error().status, 503);
    EXPECT_EQ(done.error().code, "store_unavailable");
    EXPECT_NE(done.error().message.find("full"), std::string::npos) << done.error().message;
    std::filesystem::remove(directory + "/ballast");
    EXPECT_TRUE(store->archive(kA, {events::testing::sample(seq, 10)}, {seq, seq, 10}));
    const auto events = store->archived_events(kA);
    std::int64_t found = 0;
    EXPECT_TRUE(events->scan({}, [&](const events::Record& record) { return record.seq == ++found; }));
    EXPECT_EQ(found, seq) << "all that was said to be kept, and nothing twice";
    return !::testing::Test::HasFailure();
  }));
}

TEST_F(SqliteStore, archived_pages_of_several_categories_are_in_order_both_ways) {
  const auto store = open();
  const std::vector<std::string> names{"control", "network", "page", "console"};
  std::vector<events::Record> records;
  std::vector<std::int64_t> wanted;
  for (std::int64_t seq = 1; seq <= 300; ++seq) {
    const auto& name = names[static_cast<std::size_t>(seq * seq % 7 % 4)];
    if (name == "network" || name == "page") wanted.push_back(seq);
    records.push_back(events::testing::sample(seq, seq, name));
  }
  ASSERT_TRUE(store->archive(kA, records, {}));
  const auto log = store->archived_events(kA);
  int pages = 0;
  EXPECT_EQ(events::testing::page_all(*log, "limit=7&offset=1&category=page,network,page,none", &pages),
            wanted);
  std::reverse(wanted.begin(), wanted.end());
  EXPECT_EQ(events::testing::page_all(*log, "limit=7&order=desc&until=1s&category=page,network", &pages),
            wanted);
}

TEST_F(SqliteStore, the_first_of_a_seq_wins_and_the_mark_is_in_the_same_commit) {
  const auto store = open();
  ASSERT_TRUE(store->insert_session(sample_session(kA, 1)));
  auto other = events::testing::sample(1, 10);
  ASSERT_TRUE(store->archive(kA, {other}, {100, 1, 10}));
  other.json = R"({"seq":1,"event":{"forged":true}})";
  ASSERT_TRUE(store->archive(kA, {other}, {200, 1, 10}));
  const auto events = store->archived_events(kA);
  const auto page = events::read_page(*events, events::parse_page_query("offset=1", 1).value()).value();
  ASSERT_EQ(page.records.size(), 1u);
  EXPECT_EQ(page.records[0].json, events::testing::sample(1, 10).json);
  EXPECT_EQ(store->spool_mark(kA).value().offset, 200);
}

}  // namespace
}  // namespace wye::control
