// The life of sessions on a real store and host, with scripted processes instead of VMs: who may know what of
// a session, whoever dies at whatever moment.
#include "control/sessions.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <future>

#include "control/store/sqlite_store.h"
#include "control/store/testing/dying_store.h"
#include "host/session_files.h"
#include "host/testing/scripted_driver.h"
#include "testing/scratch_dir.h"

namespace wye::control {
namespace {

using host::testing::ScriptedDriver;
using metro::SessionState;
using testing::DyingStore;
using namespace std::chrono_literals;

/// A server as far as sessions matter: its parts die together.
struct Server {
  Server(std::unique_ptr<Store> its_store, const std::string& data_dir, std::size_t most = 256)
      : store(std::move(its_store)),
        machine(*store, driver, clock, log, {.data_dir = data_dir}),
        sessions(std::make_unique<Sessions>(*store, directory, machine, tokens, clock, random, log,
                                            SessionsOptions{.max_sessions = most})) {}

  Result<Session> create(ScriptedDriver::Script script = {}, const std::string& name = {}) {
    driver.set_script(std::move(script));
    BrowserCreate config{.timeout_seconds = 300};
    if (!name.empty()) config.name = name;
    return sessions->create(std::move(config), std::nullopt, std::chrono::steady_clock::now() + 20s);
  }
  /// Returns whether it is gone, or is `within` this time.
  bool ends(const std::string& id, std::chrono::milliseconds within = 20s) {
    const auto finished = std::make_shared<std::promise<void>>();  // shared with a call that may come late
    sessions->when_finished(id, [finished] { finished->set_value(); });
    return finished->get_future().wait_for(within) == std::future_status::ready;
  }
  bool becomes_gone(const std::string& id) {
    const auto until = std::chrono::steady_clock::now() + 20s;
    while (store->session(id).value()->life != Life::gone && std::chrono::steady_clock::now() < until)
      std::this_thread::yield();
    return store->session(id).value()->life == Life::gone && ends(id);
  }
  [[nodiscard]] std::string archived(const std::string& id) const {
    std::string out;
    const auto events = store->archived_events(id);
    EXPECT_TRUE(events->scan({}, [&](const events::Record& record) {
      out += record.type + " ";
      return true;
    }));
    return out;
  }

  SystemClock clock;
  SystemRandom random;
  Log log{LogLevel::off};
  std::unique_ptr<Store> store;
  metro::SessionDirectory directory{clock};
  metro::TokenVerifier tokens{"a secret of the test's"};
  ScriptedDriver driver;
  host::Host machine;
  std::unique_ptr<Sessions> sessions;
};

class SessionsTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::unique_ptr<Store> open() const {
    return open_sqlite_store(data_.file("wye.db")).value();
  }
  [[nodiscard]] host::VmPlace place(const std::string& id) const {
    return {id, host::SessionFiles(data_.path(), id).directory};
  }
  [[nodiscard]] bool nothing_is_left() const {
    return std::filesystem::is_empty(host::sessions_in(data_.path()));
  }
  wye::testing::ScratchDir data_;
};

TEST_F(SessionsTest, a_browser_is_live_everywhere_before_its_maker_hears_of_it_and_gone_everywhere_after) {
  Server server(open(), data_.path());
  ASSERT_TRUE(server.sessions->start());
  const auto made = server.create({"events=1"});
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(server.store->session(made->id).value()->life, Life::live);
  EXPECT_EQ(server.directory.find(made->id).state, SessionState::live);
  EXPECT_TRUE(server.directory.find(made->id).agent);
  EXPECT_EQ(server.sessions->live(), 1u);
  EXPECT_EQ(server.sessions->admission().being_made(), 0u);

  ASSERT_TRUE(server.sessions->remove(made->id));
  EXPECT_FALSE(server.sessions->remove(made->id)) << "it ends already";
  EXPECT_NE(server.directory.find(made->id).state, SessionState::live);
  ASSERT_TRUE(server.ends(made->id));
  EXPECT_EQ(server.store->session(made->id).value()->life, Life::gone);
  EXPECT_EQ(server.directory.look_up_record(made->id), SessionState::gone);
  EXPECT_EQ(server.archived(made->id), "made ending ");
  EXPECT_EQ(server.sessions->live(), 0u);
  EXPECT_TRUE(nothing_is_left());
}

TEST_F(SessionsTest, a_browser_that_cannot_be_started_leaves_nothing_not_even_its_name) {
  Server server(open(), data_.path());
  ASSERT_TRUE(server.sessions->start());
  const auto dead = server.create({"dies-at-once"}, "mine");
  ASSERT_FALSE(dead);
  EXPECT_EQ(dead.error().status, 529);
  server.driver.fail_launches(true);
  EXPECT_FALSE(server.create({}, "other"));
  server.driver.fail_launches(false);
  while (server.sessions->live() > 0) std::this_thread::yield();
  EXPECT_TRUE(nothing_is_left());
  const auto again = server.create({}, "mine");
  EXPECT_TRUE(again) << again.error().message;
  const auto taken = server.create({}, "mine");
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, "name_conflict");
  EXPECT_EQ(server.sessions->live(), 1u);
  EXPECT_EQ(server.sessions->end_all(20s), 0u);
}

TEST_F(SessionsTest, a_browser_whose_vm_dies_ends_by_itself) {
  Server server(open(), data_.path());
  ASSERT_TRUE(server.sessions->start());
  const auto made = server.create({"events=2"});
  ASSERT_TRUE(made);
  ScriptedDriver::kill(place(made->id));
  EXPECT_TRUE(server.becomes_gone(made->id));
  EXPECT_EQ(server.sessions->counters().vm_died.value(), 1u);
  EXPECT_EQ(server.archived(made->id), "made made ");
  EXPECT_TRUE(nothing_is_left());
}

/// Kills the VM when its session goes live: before that is committed, or just after.
class Ambush final : public DyingStore {
 public:
  Ambush(std::unique_ptr<Store> store, When when, std::string data_dir)
      : DyingStore(std::move(store), 1'000'000, When::before), when_(when), data_dir_(std::move(data_dir)) {}
  Result<Moved> move(const std::string& id, Life from, Life to, const LifeStep& step) override {
    const bool goes_live = from == Life::creating && to == Life::live;
    const auto kill = [&] { ScriptedDriver::kill({id, host::SessionFiles(data_dir_, id).directory}); };
    if (goes_live && when_ == When::before) kill();
    auto moved = DyingStore::move(id, from, to, step);
    if (goes_live && when_ == When::after) kill();
    return moved;
  }

 private:
  const When when_;
  const std::string data_dir_;
};

TEST_F(SessionsTest, a_browser_whose_vm_dies_as_it_goes_live_is_never_left_as_live) {
  for (const auto when : {DyingStore::When::before, DyingStore::When::after}) {
    Server server(std::make_unique<Ambush>(open(), when, data_.path()), data_.path());
    ASSERT_TRUE(server.sessions->start());
    for (int round = 0; round < 10; ++round) {
      const auto made = server.create();
      while (server.sessions->live() > 0) std::this_thread::yield();
      if (made) {
        EXPECT_EQ(server.store->session(made->id).value()->life, Life::gone);
        EXPECT_EQ(server.directory.find(made->id).state, SessionState::unknown) << "only the record knows it";
      }
    }
    EXPECT_TRUE(server.store->sessions_not_gone().value().empty());
    EXPECT_TRUE(nothing_is_left());
  }
}

TEST_F(SessionsTest, room_is_taken_until_a_browser_is_gone) {
  Server server(open(), data_.path(), 1);
  ASSERT_TRUE(server.sessions->start());
  const auto first = server.create();
  ASSERT_TRUE(first);
  const auto second = server.create();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, "concurrency_limit");
  EXPECT_EQ(server.sessions->admission().refused().value(), 1u);
  ASSERT_TRUE(server.sessions->remove(first->id));
  ASSERT_TRUE(server.ends(first->id));
  EXPECT_TRUE(server.create());
  EXPECT_EQ(server.sessions->end_all(20s), 0u);
  const auto late = server.create();
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, "server_stopping");
}

TEST_F(SessionsTest, a_spool_that_is_missing_at_the_next_start_makes_an_archive_incomplete_and_not_empty) {
  std::string id;
  {
    Server first(open(), data_.path());
    ASSERT_TRUE(first.sessions->start());
    id = first.create({"events=1"}).value().id;
    while (first.archived(id).empty()) std::this_thread::yield();
  }
  ScriptedDriver::kill(place(id));
  std::filesystem::remove_all(place(id).directory);
  Server next(open(), data_.path());
  ASSERT_TRUE(next.sessions->start());
  EXPECT_TRUE(next.becomes_gone(id));
  EXPECT_EQ(next.archived(id), "made archive_incomplete ");
  const auto lost = next.store->incomplete_archive(id).value();
  ASSERT_TRUE(lost);
  EXPECT_EQ(lost->reason, "spool_missing");
}

struct Death {
  int write;
  DyingStore::When when;
};
void PrintTo(const Death& death, std::ostream* out) {
  *out << (death.when == DyingStore::When::before ? "before_write_" : "after_write_") << death.write;
}
class ServerDies : public SessionsTest, public ::testing::WithParamInterface<Death> {};

TEST_P(ServerDies, and_the_next_adopts_or_ends_what_it_finds) {
  std::string id;
  bool removed = false;
  {
    Server server(std::make_unique<DyingStore>(open(), GetParam().write, GetParam().when), data_.path());
    ASSERT_TRUE(server.sessions->start());
    if (const auto made = server.create({"events=3"})) {
      id = made->id;
      removed = server.sessions->remove(id).has_value();
      (void)server.ends(id, 50ms);
    }
  }
  Server next(open(), data_.path());
  ASSERT_TRUE(next.sessions->start());
  const auto all = next.store->sessions({.active = true, .deleted = true, .limit = 100}).value();
  ASSERT_LE(all.size(), 1u);
  for (const auto& session : all)
    if (session.life == Life::live) {
      EXPECT_FALSE(removed) << "what was deleted stays deleted";
      EXPECT_EQ(next.directory.find(session.id).state, SessionState::live);
      EXPECT_TRUE(next.sessions->remove(session.id));
    }
  const auto until = std::chrono::steady_clock::now() + 20s;
  while (next.sessions->live() > 0 && std::chrono::steady_clock::now() < until) std::this_thread::yield();
  EXPECT_TRUE(next.store->sessions_not_gone().value().empty());
  EXPECT_TRUE(nothing_is_left());
  if (!id.empty()) {
    EXPECT_EQ(next.archived(id).find("made made made "), 0u) << next.archived(id);
  }
}

std::vector<Death> deaths() {
  std::vector<Death> out;
  for (int write = 1; write <= 9; ++write)
    for (const auto when : {DyingStore::When::before, DyingStore::When::after}) out.push_back({write, when});
  return out;
}
INSTANTIATE_TEST_SUITE_P(At, ServerDies, ::testing::ValuesIn(deaths()), ::testing::PrintToStringParamName());

}  // namespace
}  // namespace wye::control
