#pragma once

#include "control/store/testing/contract.h"
#include "events/lost_tail.h"

// Destinations of telemetry, and how far each session's export is.
namespace wye::control::testing {

inline const std::string kTo(24, 'd'), kOther(24, 'e');

inline Destination destination(const std::string& id = kTo, const std::string& name = "collector") {
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

using Lines = std::vector<std::string>;

template <class Engine>
class ExportContract : public StoreContract<Engine> {
 protected:
  ExportContract() { EXPECT_TRUE(exports().add(destination())); }
  ExportStore& exports() { return this->store().exports(); }
  void session(const std::string& id, std::string export_to = kTo) {
    ASSERT_TRUE(this->store().insert_session(
        {.id = id, .created_at = 1, .jwt = "j", .export_to = std::move(export_to)}));
    become_live(this->store(), id);
  }
  void events(const std::string& id, std::int64_t from, std::int64_t to) {
    std::vector<events::Record> records;
    for (auto seq = from; seq <= to; ++seq) records.push_back(events::testing::sample(seq, seq));
    ASSERT_TRUE(archive(this->store(), id, std::move(records), {to, to, to}));
  }
  Lines behind() {
    Lines out;
    for (const auto& one : exports().behind(kTo, "", 100).value())
      out.push_back(one.id.substr(0, 1) + std::to_string(one.exported_to) + "/" +
                    std::to_string(one.archived_to) + (one.gone ? " gone" : ""));
    return out;
  }
};
TYPED_TEST_SUITE_P(ExportContract);

TYPED_TEST_P(ExportContract, keeps_destinations_over_a_restart) {
  this->reopen();
  const auto kept = this->exports().by_name("COLLECTOR").value();
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

TYPED_TEST_P(ExportContract, names_are_unique_without_case) {
  EXPECT_EQ(this->exports().add(destination(kOther, "Collector")).error().code, "name_conflict");
  ASSERT_TRUE(this->exports().add(destination(kOther, "second")));
  EXPECT_EQ(this->exports().update(destination(kOther, "COLLECTOR")).error().code, "name_conflict");
  EXPECT_TRUE(this->exports().update(destination(kOther, "third")).value());
  EXPECT_FALSE(this->exports().update(destination(kC, "nobody")).value());
  EXPECT_EQ(this->exports().list({.query = "HIR"}).value().size(), 1u);
  EXPECT_EQ(this->exports().list({.limit = 1}).value().size(), 2u) << "one more tells that there is more";
  EXPECT_EQ(this->exports().count().value(), 2);
}

TYPED_TEST_P(ExportContract, a_session_is_behind_until_its_last_event_is_sent) {
  this->session(kA);
  EXPECT_EQ(this->behind(), Lines{}) << "nothing happened yet";
  this->events(kA, 1, 3);
  EXPECT_EQ(this->behind(), Lines{"a0/3"});
  EXPECT_EQ(this->exports().destinations_behind().value(), Lines{kTo});
  EXPECT_EQ(this->exports().backlog(kTo).value(), 3);
  ASSERT_TRUE(this->exports().advance(kTo, {{kA, 2}}));
  EXPECT_EQ(this->behind(), Lines{"a2/3"});
  ASSERT_TRUE(this->exports().advance(kTo, {{kA, 1}}));
  EXPECT_EQ(this->behind(), Lines{"a2/3"}) << "a mark never falls";
  ASSERT_TRUE(this->exports().advance(kTo, {{kA, 3}}));
  EXPECT_EQ(this->behind(), Lines{});
  EXPECT_TRUE(this->exports().destinations_behind().value().empty());
}

TYPED_TEST_P(ExportContract, a_gone_session_is_behind_until_its_own_span_is_sent) {
  this->session(kA);
  end_session(this->store(), kA, 9);
  EXPECT_EQ(this->behind(), Lines{"a0/0 gone"});
  ASSERT_TRUE(this->exports().advance(kTo, {{kA, 1}}));
  EXPECT_EQ(this->behind(), Lines{});
}

TYPED_TEST_P(ExportContract, an_archive_that_lacks_its_end_is_behind_by_what_there_is) {
  this->session(kA);
  this->events(kA, 1, 3);
  const auto last = 3 + wye::events::kLostTail;
  ASSERT_TRUE(archive(this->store(), kA, {wye::events::testing::sample(last, 9)}, {9, last, 9}));
  EXPECT_EQ(this->exports().backlog(kTo).value(), 4);
  ASSERT_TRUE(this->exports().advance(kTo, {{kA, 2}}));
  EXPECT_EQ(this->exports().backlog(kTo).value(), 2);
  end_session(this->store(), kA, 9);
  ASSERT_TRUE(this->exports().advance(kTo, {{kA, last}}));
  EXPECT_EQ(this->exports().backlog(kTo).value(), 1) << "its own span";
}

TYPED_TEST_P(ExportContract, is_read_in_order_of_ids_so_that_everyone_has_a_turn) {
  for (const auto& id : {kA, kB, kC}) {
    this->session(id);
    this->events(id, 1, 1);
  }
  EXPECT_EQ(this->exports().behind(kTo, "", 2).value().size(), 2u);
  EXPECT_EQ(this->exports().behind(kTo, kB, 2).value().at(0).id, kC);
}

TYPED_TEST_P(ExportContract, begins_with_what_comes_when_it_was_switched_on) {
  this->session(kA, "");
  this->events(kA, 1, 5);
  ASSERT_TRUE(this->exports().assign(kA, kTo).value());
  EXPECT_EQ(this->behind(), Lines{});
  this->events(kA, 6, 7);
  EXPECT_EQ(this->behind(), Lines{"a5/7"});
  EXPECT_EQ(this->store().session(kA).value()->export_to, kTo);
  ASSERT_TRUE(this->exports().add(destination(kOther, "other")));
  ASSERT_TRUE(this->exports().assign(kA, kOther).value());
  EXPECT_EQ(this->exports().behind(kOther, "", 9).value().at(0).exported_to, 5)
      << "no event is lost between the two";
  ASSERT_TRUE(this->exports().advance(kTo, {{kA, 7}}));
  EXPECT_EQ(this->exports().behind(kOther, "", 9).value().at(0).exported_to, 5)
      << "the mark is the other's now";
  ASSERT_TRUE(this->exports().assign(kA, "").value());
  EXPECT_TRUE(this->exports().destinations_behind().value().empty());
  EXPECT_FALSE(this->exports().assign(kA, kC).value()) << "no such destination";
  EXPECT_FALSE(this->exports().assign(kB, kTo).value()) << "no such session";
}

TYPED_TEST_P(ExportContract, a_destination_in_use_stays_and_one_that_goes_takes_its_backlog_along) {
  this->session(kA);
  this->events(kA, 1, 2);
  EXPECT_EQ(this->exports().remove(kTo).value(), ExportStore::Removal::in_use);
  ASSERT_EQ(this->store().move(kA, Life::live, Life::ending, {}).value(), Moved::made);
  EXPECT_EQ(this->exports().remove(kTo).value(), ExportStore::Removal::in_use)
      << "its end is still to be exported";
  end_session(this->store(), kA, 9);
  EXPECT_EQ(this->exports().remove(kTo).value(), ExportStore::Removal::removed);
  EXPECT_EQ(this->exports().remove(kTo).value(), ExportStore::Removal::not_there);
  EXPECT_EQ(this->behind(), Lines{});
  this->session(kB);
  EXPECT_EQ(this->store().session(kB).value()->export_to, "")
      << "a destination that was removed meanwhile is not set";
}

REGISTER_TYPED_TEST_SUITE_P(ExportContract, keeps_destinations_over_a_restart, names_are_unique_without_case,
                            a_session_is_behind_until_its_last_event_is_sent,
                            a_gone_session_is_behind_until_its_own_span_is_sent,
                            an_archive_that_lacks_its_end_is_behind_by_what_there_is,
                            is_read_in_order_of_ids_so_that_everyone_has_a_turn,
                            begins_with_what_comes_when_it_was_switched_on,
                            a_destination_in_use_stays_and_one_that_goes_takes_its_backlog_along);

}  // namespace wye::control::testing
