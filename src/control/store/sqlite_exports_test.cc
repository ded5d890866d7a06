#include "control/store/sqlite_exports.h"

#include <gtest/gtest.h>

#include "control/store/sqlite_store.h"
#include "control/store/testing/scratch_dir.h"
#include "events/paging_contract.h"

namespace wye::control {
namespace {

const std::string kA(24, 'a'), kB(24, 'b'), kC(24, 'c'), kTo(24, 'd'), kOther(24, 'e');

Destination destination(const std::string& id = kTo, const std::string& name = "collector") {
  return {.id = id,
          .name = name,
          .endpoint = "https://otel.example",
          .headers = {{"authorization", "Bearer s3cret"}},
          .description = "ours",
          .protocol = Destination::Protocol::json,
          .traces = false,
          .created_at = 7,
          .updated_at = 8};
}

class ExportRecord : public ::testing::Test {
 protected:
  ExportRecord() { EXPECT_TRUE(exports().add(destination())); }
  ExportStore& exports() { return store_->exports(); }
  void session(const std::string& id, std::string export_to = kTo) {
    ASSERT_TRUE(
        store_->insert_session({.id = id, .created_at = 1, .jwt = "j", .export_to = std::move(export_to)}));
    ASSERT_TRUE(store_->set_vm(id, "{}", Life::live));
  }
  void events(const std::string& id, std::int64_t from, std::int64_t to) {
    std::vector<events::Record> records;
    for (auto seq = from; seq <= to; ++seq) records.push_back(events::testing::sample(seq, seq));
    ASSERT_TRUE(store_->archive(id, records, {to, to, to}));
  }
  std::vector<std::string> behind() {
    std::vector<std::string> out;
    for (const auto& one : exports().behind(kTo, "", 100).value())
      out.push_back(one.id.substr(0, 1) + std::to_string(one.exported_to) + "/" +
                    std::to_string(one.archived_to) + (one.gone ? " gone" : ""));
    return out;
  }
  using Lines = std::vector<std::string>;

  testing::ScratchDir scratch_;
  std::unique_ptr<Store> store_ = open_sqlite_store(scratch_.file("wye.db")).value();
};

TEST_F(ExportRecord, keeps_destinations_over_a_restart) {
  store_.reset();
  store_ = open_sqlite_store(scratch_.file("wye.db")).value();
  const auto kept = exports().by_name("COLLECTOR").value();
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->id, kTo);
  EXPECT_EQ(kept->endpoint, "https://otel.example");
  EXPECT_EQ(kept->headers, destination().headers);
  EXPECT_EQ(kept->protocol, Destination::Protocol::json);
  EXPECT_TRUE(kept->logs);
  EXPECT_FALSE(kept->traces);
  EXPECT_EQ(kept->created_at, 7);
  EXPECT_EQ(kept->updated_at, 8);
}

TEST_F(ExportRecord, names_are_unique_without_case) {
  EXPECT_EQ(exports().add(destination(kOther, "Collector")).error().code, "name_conflict");
  ASSERT_TRUE(exports().add(destination(kOther, "second")));
  EXPECT_EQ(exports().update(destination(kOther, "COLLECTOR")).error().code, "name_conflict");
  EXPECT_TRUE(exports().update(destination(kOther, "third")).value());
  EXPECT_FALSE(exports().update(destination(kC, "nobody")).value());
  EXPECT_EQ(exports().list({.query = "HIR"}).value().size(), 1u);
  EXPECT_EQ(exports().list({.limit = 1}).value().size(), 2u) << "one more tells that there is more";
  EXPECT_EQ(exports().count().value(), 2);
}

TEST_F(ExportRecord, a_session_is_behind_until_its_last_event_is_sent) {
  session(kA);
  EXPECT_EQ(behind(), Lines{}) << "nothing happened yet";
  events(kA, 1, 3);
  EXPECT_EQ(behind(), Lines{"a0/3"});
  EXPECT_EQ(exports().destinations_behind().value(), Lines{kTo});
  EXPECT_EQ(exports().backlog(kTo).value(), 3);
  ASSERT_TRUE(exports().advance(kTo, {{kA, 2}}));
  EXPECT_EQ(behind(), Lines{"a2/3"});
  ASSERT_TRUE(exports().advance(kTo, {{kA, 1}}));
  EXPECT_EQ(behind(), Lines{"a2/3"}) << "a mark never falls";
  ASSERT_TRUE(exports().advance(kTo, {{kA, 3}}));
  EXPECT_EQ(behind(), Lines{});
  EXPECT_TRUE(exports().destinations_behind().value().empty());
}

TEST_F(ExportRecord, a_gone_session_is_behind_until_its_own_span_is_sent) {
  session(kA);
  ASSERT_TRUE(store_->set_gone(kA, 9, 9));
  EXPECT_EQ(behind(), Lines{"a0/0 gone"});
  ASSERT_TRUE(exports().advance(kTo, {{kA, 1}}));
  EXPECT_EQ(behind(), Lines{});
}

TEST_F(ExportRecord, is_read_in_order_of_ids_so_that_everyone_has_a_turn) {
  for (const auto& id : {kA, kB, kC}) {
    session(id);
    events(id, 1, 1);
  }
  EXPECT_EQ(exports().behind(kTo, "", 2).value().size(), 2u);
  EXPECT_EQ(exports().behind(kTo, kB, 2).value().at(0).id, kC);
}

TEST_F(ExportRecord, begins_with_what_comes_when_it_was_switched_on) {
  session(kA, "");
  events(kA, 1, 5);
  ASSERT_TRUE(exports().assign(kA, kTo).value());
  EXPECT_EQ(behind(), Lines{});
  events(kA, 6, 7);
  EXPECT_EQ(behind(), Lines{"a5/7"});
  EXPECT_EQ(store_->session(kA).value()->export_to, kTo);
  ASSERT_TRUE(exports().add(destination(kOther, "other")));
  ASSERT_TRUE(exports().assign(kA, kOther).value());
  EXPECT_EQ(exports().behind(kOther, "", 9).value().at(0).exported_to, 5) << "nothing falls between two";
  ASSERT_TRUE(exports().advance(kTo, {{kA, 7}}));
  EXPECT_EQ(exports().behind(kOther, "", 9).value().at(0).exported_to, 5) << "the mark is the other's now";
  ASSERT_TRUE(exports().assign(kA, "").value());
  EXPECT_TRUE(exports().destinations_behind().value().empty());
  EXPECT_FALSE(exports().assign(kA, kC).value()) << "no such destination";
  EXPECT_FALSE(exports().assign(kB, kTo).value()) << "no such session";
}

TEST_F(ExportRecord, a_destination_in_use_stays_and_one_that_goes_takes_its_backlog_along) {
  session(kA);
  events(kA, 1, 2);
  EXPECT_EQ(exports().remove(kTo).value(), ExportStore::Removal::in_use);
  ASSERT_TRUE(store_->set_life(kA, Life::ending));
  EXPECT_EQ(exports().remove(kTo).value(), ExportStore::Removal::in_use) << "its end is to be exported yet";
  ASSERT_TRUE(store_->set_gone(kA, 9, 9));
  EXPECT_EQ(exports().remove(kTo).value(), ExportStore::Removal::removed);
  EXPECT_EQ(exports().remove(kTo).value(), ExportStore::Removal::not_there);
  EXPECT_EQ(behind(), Lines{});
  session(kB);
  EXPECT_EQ(store_->session(kB).value()->export_to, "") << "a destination that went in between is none";
}

TEST_F(ExportRecord, a_damaged_row_is_an_error_that_quotes_nothing) {
  testing::run_sql(scratch_.file("wye.db"),
                   R"(UPDATE destinations SET headers='{"authorization":"Bearer s3cr')");
  const auto read = exports().by_id(kTo);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, "store_damaged");
  EXPECT_EQ(read.error().message.find("s3cr"), std::string::npos) << read.error().message;
}

}  // namespace
}  // namespace wye::control
