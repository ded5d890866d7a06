#pragma once

#include "control/store/testing/contract.h"

// The record of sessions: steps of a life, configuration, lists.
namespace wye::control::testing {

using Pair = std::pair<const std::string, std::string>;
using Tags = std::map<std::string, std::string>;

template <class Engine>
class SessionContract : public StoreContract<Engine> {};
TYPED_TEST_SUITE_P(SessionContract);

TYPED_TEST_P(SessionContract, a_session_is_kept_over_a_restart) {
  auto session = live_session(kA, 5, "Checkout-1");
  session.telemetry = std::map<std::string, TelemetryCategory>{{"control", {true}}};
  session.config.tags = Tags{Pair("team", "qa"), Pair("quote\"", "\\ \n é")};
  ASSERT_TRUE(this->store().insert_session(session));
  this->reopen();
  const auto kept = this->store().session(kA).value();
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->life, Life::live);
  EXPECT_EQ(kept->created_at, 5);
  EXPECT_EQ(kept->jwt, session.jwt);
  EXPECT_EQ(kept->config.tags, session.config.tags);
  EXPECT_TRUE(kept->telemetry->at("control").enabled);
  EXPECT_TRUE(kept->was_live);
  EXPECT_EQ(this->store().session_by_name("CHECKOUT-1").value()->id, kA);
  ASSERT_TRUE(this->store().set_telemetry(kA, {}));
  EXPECT_FALSE(this->other().session(kA).value()->telemetry);
  EXPECT_FALSE(this->store().session(kB).value());
}

TYPED_TEST_P(SessionContract, names_are_unique_among_active_sessions_without_case) {
  ASSERT_TRUE(this->store().insert_session(live_session(kA, 1, "n")));
  const auto second = this->other().insert_session(live_session(kB, 2, "N"));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, "name_conflict");
  ASSERT_EQ(this->store().move(kA, Life::live, Life::ending, {}).value(), Moved::made);
  EXPECT_TRUE(this->other().insert_session(live_session(kB, 2, "N")))
      << "an ending session gives its name up";
  EXPECT_EQ(this->store().session_by_name("n").value()->id, kB);
}

TYPED_TEST_P(SessionContract, a_life_goes_on_only_from_where_it_is) {
  auto session = live_session(kA);
  session.life = Life::creating;
  auto& store = this->store();
  ASSERT_TRUE(store.insert_session(session));
  EXPECT_FALSE(store.session(kA).value()->was_live);
  EXPECT_EQ(store.move(kA, Life::live, Life::ending, {}).value(), Moved::lost);
  EXPECT_EQ(store.move(kB, Life::creating, Life::live, {}).value(), Moved::lost) << "not on record";
  EXPECT_EQ(store.move(kA, Life::creating, Life::creating, {.vm = "first"}).value(), Moved::made);
  EXPECT_EQ(store.session(kA).value()->vm, "first");
  EXPECT_EQ(store.move(kA, Life::creating, Life::live, {}).value(), Moved::made);
  EXPECT_EQ(store.session(kA).value()->vm, "first") << "as it was";
  EXPECT_TRUE(store.session(kA).value()->was_live);
  EXPECT_EQ(store.move(kA, Life::creating, Life::live, {.vm = "late"}).value(), Moved::lost) << "again";
  EXPECT_EQ(store.move(kA, Life::live, Life::live, {.vm = "second"}).value(), Moved::made);
  this->reopen();
  auto& next = this->store();
  EXPECT_EQ(next.move(kA, Life::live, Life::ending, {}).value(), Moved::made);
  EXPECT_EQ(next.move(kA, Life::live, Life::live, {.vm = "late"}).value(), Moved::lost);
  EXPECT_EQ(next.session(kA).value()->vm, "second");
  EXPECT_EQ(next.sessions_not_gone().value().size(), 1u);
  EXPECT_EQ(next.move(kA, Life::ending, Life::gone, {.deleted_at = 77, .uptime_ms = 5}).value(), Moved::made);
  const auto gone = next.session(kA).value();
  EXPECT_EQ(gone->deleted_at, 77);
  EXPECT_EQ(gone->ended_uptime_ms, 5);
  EXPECT_EQ(gone->vm, "");
  EXPECT_TRUE(next.sessions_not_gone().value().empty());
  EXPECT_EQ(next.move(kA, Life::ending, Life::gone, {.deleted_at = 99}).value(), Moved::lost);
  EXPECT_EQ(next.session(kA).value()->deleted_at, 77) << "gone is for good";
}

TYPED_TEST_P(SessionContract, a_step_that_no_life_has_is_refused) {
  ASSERT_TRUE(this->store().insert_session(live_session(kA)));
  for (const auto from : {Life::creating, Life::live, Life::ending, Life::gone})
    for (const auto to : {Life::creating, Life::live, Life::ending, Life::gone}) {
      if (is_step(from, to)) continue;
      const auto moved = this->store().move(kA, from, to, {});
      ASSERT_FALSE(moved);
      EXPECT_EQ(moved.error().kind, ErrorKind::internal);
    }
  EXPECT_EQ(this->store().session(kA).value()->life, Life::live);
}

TYPED_TEST_P(SessionContract, gone_waits_for_the_mark_that_its_writer_knows) {
  ASSERT_TRUE(this->store().insert_session(live_session(kA)));
  ASSERT_TRUE(archive(this->store(), kA, {events::testing::sample(1, 1)}, {10, 1, 1}));
  ASSERT_EQ(this->store().move(kA, Life::live, Life::ending, {}).value(), Moved::made);
  LifeStep end{.deleted_at = 9, .archived_to = host::SpoolMark{.offset = 5}};
  EXPECT_EQ(this->store().move(kA, Life::ending, Life::gone, end).value(), Moved::lost);
  EXPECT_EQ(this->store().session(kA).value()->life, Life::ending);
  end.archived_to = {10, 1, 1};
  EXPECT_EQ(this->store().move(kA, Life::ending, Life::gone, end).value(), Moved::made);
}

TYPED_TEST_P(SessionContract, an_owner_keeps_its_vm_on_record_until_the_session_ends) {
  auto session = live_session(kA);
  session.life = Life::creating;
  auto& store = this->store();
  ASSERT_TRUE(store.insert_session(session));
  ASSERT_TRUE(store.keep_vm(kA, "first"));
  EXPECT_EQ(this->other().session(kA).value()->vm, "first");
  EXPECT_EQ(this->other().session(kA).value()->life, Life::creating) << "nothing but the VM changes";
  become_live(store, kA, "second");
  ASSERT_TRUE(store.keep_vm(kA, "third"));
  this->reopen();
  EXPECT_EQ(this->store().session(kA).value()->vm, "third");
  EXPECT_EQ(this->store().session(kA).value()->life, Life::live);
  ASSERT_EQ(this->store().move(kA, Life::live, Life::ending, {}).value(), Moved::made);
  for (const auto& id : {kA, kC}) {
    const auto late = this->store().keep_vm(id, "late");
    ASSERT_FALSE(late) << id;
    EXPECT_EQ(late.error().kind, ErrorKind::conflict);
  }
  EXPECT_EQ(this->store().session(kA).value()->vm, "third") << "the server that ends it still needs it";
}

TYPED_TEST_P(SessionContract, an_owner_ends_a_session_once_and_only_where_its_archive_stands) {
  ASSERT_TRUE(this->store().insert_session(live_session(kA)));
  ASSERT_TRUE(archive(this->store(), kA, {events::testing::sample(1, 1)}, {10, 1, 1}));
  const host::LastStep end{.at = 9, .uptime_ms = 8, .archived_to = host::SpoolMark{10, 1, 1}};
  EXPECT_FALSE(this->store().end_session(kA, end).value()) << "it is not ending";
  ASSERT_EQ(this->store().move(kA, Life::live, Life::ending, {}).value(), Moved::made);
  EXPECT_FALSE(this->store().end_session(kA, {.at = 7, .archived_to = host::SpoolMark{5, 1, 1}}).value());
  EXPECT_EQ(this->store().session(kA).value()->life, Life::ending);
  EXPECT_TRUE(this->store().end_session(kA, end).value());
  EXPECT_TRUE(this->other().end_session(kA, {.at = 99, .uptime_ms = 99}).value()) << "it is gone already";
  this->reopen();
  const auto gone = this->store().session(kA).value();
  EXPECT_EQ(gone->life, Life::gone);
  EXPECT_EQ(gone->deleted_at, 9);
  EXPECT_EQ(gone->ended_uptime_ms, 8);
  EXPECT_EQ(gone->vm, "");
  EXPECT_EQ(this->store().oldest_ended_archive().value()->ended_at, 9);
  EXPECT_TRUE(this->store().end_session(kC, end).value()) << "not on record";
  ASSERT_TRUE(this->store().insert_session(live_session(kB)));
  ASSERT_EQ(this->store().move(kB, Life::live, Life::ending, {}).value(), Moved::made);
  EXPECT_TRUE(this->store().end_session(kB, {.at = 9}).value()) << "its spool was not read";
}

TYPED_TEST_P(SessionContract, of_two_who_move_a_session_one_does) {
  for (int round = 0; round < 20; ++round) {
    const auto id = std::string(22, 'r') + std::to_string(10 + round);
    auto session = live_session(id);
    session.life = Life::creating;
    ASSERT_TRUE(this->store().insert_session(session));
    std::atomic<int> made = 0;
    this->race([&](Store& store) {
      const bool first = &store == &this->store();
      const auto to = first ? Life::live : Life::ending;
      const auto moved = store.move(id, Life::creating, to, {.vm = std::string(first ? "one" : "other")});
      ASSERT_TRUE(moved) << moved.error().message;
      if (*moved != Moved::made) return;
      ++made;
      EXPECT_EQ(store.session(id).value()->life, to);
    });
    EXPECT_EQ(made, 1);
    const auto left = this->store().session(id).value();
    EXPECT_EQ(left->vm, left->life == Life::live ? "one" : "other");
  }
}

TYPED_TEST_P(SessionContract, a_patch_changes_what_it_names) {
  auto session = live_session(kA, 1, "first");
  session.config.tags = Tags{Pair("team", "qa")};
  session.config.timeout_seconds = 77;
  ASSERT_TRUE(this->store().insert_session(session));
  ASSERT_TRUE(this->store().insert_session(live_session(kB, 1, "taken")));
  auto& store = this->store();
  const auto patched = store.patch_config(kA, {.viewport = Viewport{800, 600, 60}}).value();
  ASSERT_TRUE(patched);
  EXPECT_EQ(patched->config.viewport->width, 800);
  EXPECT_EQ(patched->config.tags, session.config.tags);
  EXPECT_EQ(store.patch_config(kA, {.name = "Taken"}).error().code, "name_conflict");
  EXPECT_EQ(store.session(kA).value()->config.name, "first") << "whole or not at all";
  EXPECT_EQ(store.patch_config(kA, {.name = "", .tags = Tags()}).value()->config.name, std::nullopt);
  this->reopen();
  const auto kept = this->store().session(kA).value();
  EXPECT_EQ(kept->config.name, std::nullopt);
  EXPECT_EQ(kept->config.tags, std::nullopt);
  EXPECT_EQ(kept->config.timeout_seconds, 77);
  EXPECT_FALSE(this->store().session_by_name("first").value());
  ASSERT_EQ(this->store().move(kA, Life::live, Life::ending, {}).value(), Moved::made);
  EXPECT_FALSE(this->store().patch_config(kA, {.name = "late"}).value()) << "it ends";
  EXPECT_FALSE(this->store().patch_config(kC, {.name = "none"}).value());
}

TYPED_TEST_P(SessionContract, of_two_who_patch_neither_undoes_the_other) {
  ASSERT_TRUE(this->store().insert_session(live_session(kA)));
  for (int round = 0; round < 20; ++round) {
    const auto word = std::to_string(round);
    this->race([&](Store& store) {
      const auto patch = &store == &this->store() ? ConfigPatch{.name = "n" + word}
                                                  : ConfigPatch{.tags = Tags{Pair("round", word)}};
      EXPECT_TRUE(store.patch_config(kA, patch).value());
    });
    const auto now = this->store().session(kA).value();
    EXPECT_EQ(now->config.name, "n" + word);
    EXPECT_EQ(now->config.tags->at("round"), word);
  }
}

TYPED_TEST_P(SessionContract, lists_newest_first_and_filters) {
  auto tagged = live_session(kB, 2, "be%ta");
  tagged.config.tags = Tags{Pair("team", "qa")};
  ASSERT_TRUE(this->store().insert_session(live_session(kA, 1, "alpha")));
  ASSERT_TRUE(this->store().insert_session(tagged));
  ASSERT_TRUE(this->store().insert_session(live_session(kC, 3)));
  end_session(this->store(), kC, 9);
  using Ids = std::vector<std::string>;
  const auto ids = [&](const SessionFilter& filter) {
    Ids out;
    for (const auto& session : this->store().sessions(filter).value()) out.push_back(session.id);
    return out;
  };
  EXPECT_EQ(ids({}), (Ids{kB, kA}));
  EXPECT_EQ(ids({.deleted = true}), (Ids{kC, kB, kA}));
  EXPECT_EQ(ids({.active = false, .deleted = true}), (Ids{kC}));
  EXPECT_EQ(ids({.query = "LPH"}), (Ids{kA}));
  EXPECT_EQ(ids({.query = "E%T"}), (Ids{kB})) << "a percent sign is a character";
  EXPECT_EQ(ids({.query = "%"}), (Ids{kB}));
  EXPECT_EQ(ids({.query = "_"}), (Ids{}));
  EXPECT_EQ(ids({.query = kB}), (Ids{kB}));
  EXPECT_EQ(ids({.name = "ALPHA"}), (Ids{kA}));
  EXPECT_EQ(ids({.region = "eu"}), (Ids{}));
  EXPECT_EQ(ids({.tags = Tags{Pair("team", "qa")}}), (Ids{kB}));
  EXPECT_EQ(ids({.tags = Tags{Pair("team", "x")}}), (Ids{}));
  EXPECT_EQ(ids({.limit = 1}), (Ids{kB, kA})) << "one more tells that there is more";
  EXPECT_EQ(ids({.limit = 1, .offset = 1}), (Ids{kA}));
}

REGISTER_TYPED_TEST_SUITE_P(SessionContract, a_session_is_kept_over_a_restart,
                            names_are_unique_among_active_sessions_without_case,
                            a_life_goes_on_only_from_where_it_is, a_step_that_no_life_has_is_refused,
                            gone_waits_for_the_mark_that_its_writer_knows,
                            an_owner_keeps_its_vm_on_record_until_the_session_ends,
                            an_owner_ends_a_session_once_and_only_where_its_archive_stands,
                            of_two_who_move_a_session_one_does, a_patch_changes_what_it_names,
                            of_two_who_patch_neither_undoes_the_other, lists_newest_first_and_filters);

}  // namespace wye::control::testing
