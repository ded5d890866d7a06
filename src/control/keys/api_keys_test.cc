#include "control/keys/api_keys.h"

#include <gtest/gtest.h>

#include "control/store/sqlite_keys.h"
#include "control/store/sqlite_store.h"
#include "control/store/testing/scratch_dir.h"
#include "testing/fake_clock.h"

namespace wye::control {
namespace {

using namespace std::chrono_literals;
constexpr auto kDay = 24h;

class Keys : public ::testing::Test {
 protected:
  bool comes_in(const std::string& key) { return keys_.accept(key).value().has_value(); }
  std::string code_of(const Result<NewKey>& made) { return made ? "" : made.error().code; }

  testing::ScratchDir scratch_;
  wye::testing::FakeClock clock_;
  SystemRandom random_;
  std::unique_ptr<Store> store_ = open_sqlite_store(scratch_.file("wye.db")).value();
  // Stands for another process, such as `wye keys`.
  std::unique_ptr<Store> other_store_ = open_sqlite_store(scratch_.file("wye.db")).value();
  ApiKeys keys_{store_->keys(), clock_, random_};
  ApiKeys others_{other_store_->keys(), clock_, random_};
};

TEST_F(Keys, only_the_hash_is_kept) {
  const auto made = keys_.create("ci", 0, "").value();
  EXPECT_TRUE(comes_in(made.key));
  EXPECT_FALSE(comes_in(made.key + "x"));
  EXPECT_FALSE(comes_in(""));
  EXPECT_EQ(made.record.masked, made.key.substr(0, 7) + "..." + made.key.substr(made.key.size() - 4));
  store_.reset();
  other_store_.reset();  // all of it is in the file now
  EXPECT_EQ(testing::read_bytes(scratch_.file("wye.db")).find(made.key), std::string::npos);
}

TEST_F(Keys, a_revoked_one_is_refused_at_once_whoever_revoked_it) {
  const auto made = keys_.create("ci", 0, "").value();
  ASSERT_TRUE(comes_in(made.key));
  ASSERT_TRUE(others_.revoke(made.record.id));
  EXPECT_FALSE(comes_in(made.key));
  EXPECT_EQ(keys_.revoke(made.record.id).error().code, "not_found");
  EXPECT_NE(keys_.find(made.record.id).value()->deleted_at, 0) << "on record for who asks later";
}

TEST_F(Keys, one_expires_to_the_microsecond) {
  const auto made = keys_.create("ci", 1, "").value();
  clock_.advance(kDay - 1us);
  EXPECT_TRUE(comes_in(made.key));
  clock_.advance(1us);
  EXPECT_FALSE(comes_in(made.key));
}

TEST_F(Keys, a_rotated_one_goes_on_for_its_grace) {
  const auto old = keys_.create("ci", 30, "").value();
  const auto made = keys_.rotate(old.record.id, 7, {}, "").value();
  EXPECT_EQ(made.record.name, "ci");
  EXPECT_EQ(made.record.lifetime_days, 30) << "as the old one was made";
  clock_.advance(7 * kDay - 1us);
  EXPECT_TRUE(comes_in(old.key));
  clock_.advance(1us);
  EXPECT_FALSE(comes_in(old.key));
  EXPECT_TRUE(comes_in(made.key));
}

TEST_F(Keys, rotating_never_lengthens_a_life) {
  const auto old = keys_.create("ci", 2, "").value();
  const auto ends = old.record.expires_at;
  ASSERT_TRUE(keys_.rotate(old.record.id, 7, {}, ""));
  EXPECT_EQ(keys_.find(old.record.id).value()->expires_at, ends);
  const auto again = keys_.rotate(old.record.id, 0, 90, "").value();
  EXPECT_FALSE(comes_in(old.key)) << "no grace: at once";
  EXPECT_TRUE(comes_in(again.key));
  EXPECT_EQ(again.record.lifetime_days, 90);
}

TEST_F(Keys, what_makes_no_sense_is_refused) {
  const auto made = keys_.create("ci", 0, "").value();
  EXPECT_EQ(code_of(keys_.create("", 0, "")), "bad_request");
  EXPECT_EQ(code_of(keys_.create(std::string(256, 'n'), 0, "")), "bad_request");
  EXPECT_EQ(code_of(keys_.create("\x1b[2J", 0, "")), "bad_request");
  EXPECT_EQ(code_of(keys_.create("\xc2\x9b", 0, "")), "bad_request") << "a terminal's CSI";
  EXPECT_EQ(code_of(keys_.create("\xff", 0, "")), "bad_request");
  EXPECT_EQ(code_of(keys_.create("n", 3651, "")), "bad_request");
  EXPECT_EQ(code_of(keys_.create("n", -1, "")), "bad_request");
  EXPECT_EQ(code_of(keys_.rotate(made.record.id, 3651, {}, "")), "bad_request");
  EXPECT_EQ(code_of(keys_.rotate(made.record.id, 7, 6, "")), "bad_request");
  EXPECT_EQ(code_of(keys_.rotate("none", 7, {}, "")), "not_found");
  EXPECT_EQ(keys_.rename("none", "n").error().code, "not_found");
  EXPECT_EQ(keys_.rename(made.record.id, "").error().code, "bad_request");
  std::string umlauts;
  for (int i = 0; i < 255; ++i) umlauts += "ü";
  EXPECT_TRUE(keys_.create(umlauts, 3650, "")) << "characters are counted, not bytes";
}

TEST_F(Keys, an_operators_own_key_is_taken_once_and_stays_revoked) {
  EXPECT_TRUE(keys_.admit("short", "given").value());
  EXPECT_TRUE(keys_.admit("short", "given").value());
  EXPECT_EQ(keys_.count().value(), 1);
  const auto record = keys_.accept("short").value();
  ASSERT_TRUE(record);
  EXPECT_EQ(record->masked, "...") << "nothing of a short key is shown";
  ASSERT_TRUE(keys_.revoke(record->id));
  EXPECT_FALSE(keys_.admit("short", "given").value());
  EXPECT_FALSE(comes_in("short"));
}

// Writes rows by hand: each change through the store waits for the disk.
std::string many_keys(std::int64_t count, const std::string& deleted_at) {
  return "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<" + std::to_string(count) +
         ") INSERT INTO keys (id, sha256, name, masked, created_by, created_at, deleted_at) SELECT 'many' || "
         "i, "
         "'hash' || i, 'n', '', '', 1, " +
         deleted_at + " FROM n";
}

TEST_F(Keys, there_are_so_many_and_no_more) {
  testing::run_sql(scratch_.file("wye.db"), many_keys(kMaxKeys, "0"));
  EXPECT_EQ(code_of(keys_.create("k", 0, "")), "unsupported_value");
  ASSERT_TRUE(keys_.revoke("many1"));
  EXPECT_TRUE(keys_.create("k", 0, ""));
}

TEST_F(Keys, of_revoked_ones_the_newest_are_kept) {
  testing::run_sql(scratch_.file("wye.db"), many_keys(kKeptRevokedKeys, "i"));
  const auto made = keys_.create("k", 0, "").value();
  ASSERT_TRUE(keys_.revoke(made.record.id));
  EXPECT_FALSE(keys_.find("many1").value());
  EXPECT_TRUE(keys_.find("many2").value());
  EXPECT_TRUE(keys_.find(made.record.id).value());
}

TEST_F(Keys, list_sorts_filters_and_pages) {
  const auto make = [&](const char* name, std::int64_t days) {
    clock_.advance(1s);
    return keys_.create(name, days, "").value().record;
  };
  const auto b = make("beta", 5), c = make("Gamma", 0), a = make("alpha", 9);
  const auto ids = [&](KeyFilter filter) {
    std::vector<std::string> out;
    for (const auto& key : keys_.list(filter).value()) out.push_back(key.id);
    return out;
  };
  using Ids = std::vector<std::string>;
  using Sort = KeyFilter::Sort;
  EXPECT_EQ(ids({}), (Ids{a.id, c.id, b.id}));
  EXPECT_EQ(ids({.sort = Sort::name, .ascending = true}), (Ids{a.id, b.id, c.id}));
  EXPECT_EQ(ids({.sort = Sort::expires_at, .ascending = true}), (Ids{b.id, a.id, c.id})) << "never is last";
  EXPECT_EQ(ids({.sort = Sort::expires_at}), (Ids{c.id, a.id, b.id}));
  EXPECT_EQ(ids({.query = "AMM"}), (Ids{c.id}));
  EXPECT_EQ(ids({.query = b.id}), (Ids{b.id}));
  EXPECT_EQ(ids({.query = b.masked.substr(0, 7)}), (Ids{b.id}));
  EXPECT_EQ(ids({.name = "BETA"}), (Ids{b.id}));
  EXPECT_EQ(ids({.name = "bet"}), Ids{});
  EXPECT_EQ(ids({.limit = 1, .offset = 2}), (Ids{b.id}));
  ASSERT_TRUE(keys_.revoke(b.id));
  EXPECT_EQ(ids({}), (Ids{a.id, c.id}));
  EXPECT_EQ(ids({.active = false, .deleted = true}), (Ids{b.id}));
  EXPECT_EQ(ids({.deleted = true}).size(), 3u);
}

}  // namespace
}  // namespace wye::control
