// A session's life when the server dies at any of its commits (routing-contract §7), on real VMs: the next
// start adopts or ends what it finds, nothing is lost, and nothing remains.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>

#include "control/sessions.h"
#include "control/store/sqlite_store.h"
#include "control/store/testing/dying_store.h"
#include "held_database.h"
#include "host/agent_call.h"
#include "host/bubblewrap/bubblewrap_driver.h"
#include "host/bubblewrap/vm_record.h"

namespace wye::live {
namespace {

using control::Life;
using control::Session;
using control::testing::DyingStore;

constexpr std::int64_t kMostSpoolBlocks = 4 << 20;

/// The parts of a server that own sessions, and that die together.
struct Server {
  Server(std::unique_ptr<control::Store> its_store, const std::string& data_dir)
      : store(std::move(its_store)), driver({std::getenv("WYE_BIN"), "internal", "launch-vm"}) {
    const auto bin = std::filesystem::path(std::getenv("WYE_BIN")).parent_path();
    host = std::make_unique<host::Host>(
        *store, driver, clock, log,
        host::HostOptions{
            .data_dir = data_dir, .agent_path = bin / "wye-vm", .most_spool_blocks = kMostSpoolBlocks});
    sessions = std::make_unique<control::Sessions>(*store, directory, *host, tokens, clock, random, log);
  }
  // Ends a session like the API's DELETE, with less patience for a store that has died.
  bool remove(const std::string& id) {
    if (!sessions->remove(id)) return false;
    const auto finished = std::make_shared<std::promise<void>>();  // shared with a job that may come late
    sessions->when_finished(id, [finished] { finished->set_value(); });
    (void)finished->get_future().wait_for(std::chrono::milliseconds(200));
    return true;
  }
  std::string create() {
    const auto made = sessions->create({.timeout_seconds = 300},
                                       std::map<std::string, TelemetryCategory>{{"control", {true}}});
    EXPECT_TRUE(made) << (made ? "" : made.error().message);
    return made ? made->id : "";
  }

  SystemClock clock;
  SystemRandom random;
  Log log{LogLevel::off};
  std::unique_ptr<control::Store> store;
  metro::SessionDirectory directory{clock};
  metro::TokenVerifier tokens{"a secret of the test's"};
  host::BubblewrapDriver driver;
  std::unique_ptr<host::Host> host;
  std::unique_ptr<control::Sessions> sessions;
};

struct Death {
  int write;
  DyingStore::When when;
};
void PrintTo(const Death& death, std::ostream* out) {
  *out << (death.when == DyingStore::When::before ? "before_write_" : "after_write_") << death.write;
}

class SessionLife : public ::testing::Test {
 protected:
  void SetUp() override {
    data_ = (std::filesystem::temp_directory_path() / "wye-crash-XXXXXX").string();
    ASSERT_NE(::mkdtemp(data_.data()), nullptr);
  }
  void TearDown() override {
    std::error_code ignored;
    std::filesystem::remove_all(data_, ignored);
  }
  [[nodiscard]] std::unique_ptr<control::Store> open() const {
    return control::open_sqlite_store(data_ + "/wye.db").value();
  }
  /// Returns processes with a descriptor or a working directory below the data directory: a VM's log, its
  /// spool.
  [[nodiscard]] std::vector<std::string> processes_of_vms() const {
    std::vector<std::string> out;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
      std::error_code ignored;
      const auto log = std::filesystem::read_symlink(entry.path() / "fd" / "2", ignored).string();
      if (log.starts_with(data_)) out.push_back(entry.path().filename().string());
    }
    return out;
  }

  std::string data_;
};
class SessionCrash : public SessionLife, public ::testing::WithParamInterface<Death> {};

int post_events(const net::Endpoint& agent, int count) {
  int told = 0;
  for (int i = 0; i < count; ++i) {
    const auto answer = host::call_agent(
        agent, {.method = "POST",
                .target = "/telemetry/events",
                .body = R"({"type":"made","category":"control","data":{"n":)" + std::to_string(i) + "}}"});
    told += answer && answer->status == 200 ? 1 : 0;
  }
  return told;
}

TEST_P(SessionCrash, leaves_nothing_undone) {
  std::string id;
  int told = 0;
  bool removed = false;
  {
    auto dying = std::make_unique<DyingStore>(open(), GetParam().write, GetParam().when);
    Server server(std::move(dying), data_);
    ASSERT_TRUE(server.sessions->start());
    const auto made = server.sessions->create({.timeout_seconds = 300},
                                              std::map<std::string, TelemetryCategory>{{"control", {true}}});
    if (made) {
      id = made->id;
      told = post_events(server.directory.find(id).agent, 3);
      EXPECT_EQ(told, 3);
      removed = server.remove(id);
    }
  }
  Server next(open(), data_);
  ASSERT_TRUE(next.sessions->start());
  auto all = next.store->sessions({.active = true, .deleted = true, .limit = 100}).value();
  ASSERT_LE(all.size(), 1u);
  for (const auto& session : all)
    if (session.life == Life::live) {
      EXPECT_EQ(post_events(next.directory.find(session.id).agent, 1), 1) << "a live session is usable";
      ++told;
      EXPECT_TRUE(next.remove(session.id));
    } else {
      EXPECT_TRUE(!removed || session.life != Life::live) << "a deleted session stays deleted";
    }
  while (!next.store->sessions_not_gone().value().empty() || !std::filesystem::is_empty(data_ + "/sessions"))
    std::this_thread::yield();
  if (!all.empty()) {
    const auto events = next.store->archived_events(all[0].id);
    const auto page = events::read_page(
        *events, events::parse_page_query("offset=1&limit=100", next.clock.unix_micros()).value());
    ASSERT_TRUE(page);
    EXPECT_EQ(page->records.size(), static_cast<std::size_t>(told)) << "each acknowledged event, once";
  }
  EXPECT_EQ(processes_of_vms(), std::vector<std::string>{});
  for (const auto& session : all)
    EXPECT_FALSE(std::filesystem::exists("/sys/fs/cgroup/pids/wye/" + session.id));
}

TEST_F(SessionLife, goes_on_while_nothing_can_be_written) {
  std::string id;
  {
    Server first(open(), data_);
    ASSERT_TRUE(first.sessions->start());
    id = first.create();
  }
  Server next(open(), data_);
  {
    const HeldDatabase held(data_ + "/wye.db");
    ASSERT_TRUE(next.sessions->start());
    EXPECT_EQ(next.directory.find(id).state, metro::SessionState::live);
    EXPECT_EQ(post_events(next.directory.find(id).agent, 3), 3);
  }
  EXPECT_TRUE(next.remove(id));
  while (next.store->session(id).value()->life != Life::gone) std::this_thread::yield();
  EXPECT_EQ(next.store->spool_mark(id).value().last_seq, 3);
}

// On a disk that the spool has filled, the VM ends and frees its room before anything is committed.
TEST_F(SessionLife, of_a_vm_that_takes_the_disk_ends_though_nothing_can_be_written) {
  Server server(open(), data_);
  ASSERT_TRUE(server.sessions->start());
  const auto id = server.create();
  const auto spool = data_ + "/sessions/" + id + "/spool";
  {
    const HeldDatabase held(data_ + "/wye.db");
    const UniqueFd agents(::open(spool.c_str(), O_RDWR | O_CLOEXEC));
    if (::fallocate(agents.get(), FALLOC_FL_KEEP_SIZE, 0, 4 * kMostSpoolBlocks) != 0)
      GTEST_SKIP() << "this file system reserves nothing";
    while (!processes_of_vms().empty() || host::blocks_of(spool) > kMostSpoolBlocks)
      std::this_thread::yield();
  }
  while (server.store->session(id).value()->life != Life::gone) std::this_thread::yield();
}

TEST_F(SessionLife, that_is_not_on_record_leaves_its_directory_once_nothing_runs_there) {
  std::string id;
  {
    Server first(open(), data_);
    ASSERT_TRUE(first.sessions->start());
    id = first.create();
  }
  const auto directory = data_ + "/sessions/" + id, stray = data_ + "/sessions/" + std::string(24, 'x');
  std::filesystem::create_directory(stray);
  HeldDatabase(data_ + "/wye.db").run("DELETE FROM sessions; COMMIT; BEGIN");
  Server second(open(), data_);
  ASSERT_TRUE(second.sessions->start());
  EXPECT_TRUE(std::filesystem::exists(directory)) << "a VM runs there";
  EXPECT_FALSE(std::filesystem::exists(stray));
  ASSERT_TRUE(second.driver.destroy({id, directory}, ""));
  second.sessions.reset();
  Server third(open(), data_);
  ASSERT_TRUE(third.sessions->start());
  EXPECT_FALSE(std::filesystem::exists(directory));
}

TEST_F(SessionLife, goes_on_with_a_new_network_helper_when_the_old_one_dies) {
  Server server(open(), data_);
  ASSERT_TRUE(server.sessions->start());
  const auto id = server.create();
  const auto vm = [&] {
    return wire::from_text<host::VmRecord>(server.store->session(id).value()->vm).value();
  };
  const auto first = vm();
  ASSERT_EQ(::kill(static_cast<pid_t>(first.network_helper_pid), SIGKILL), 0);
  while (vm().network_helper_pid == first.network_helper_pid) std::this_thread::yield();
  EXPECT_TRUE(server.driver.network(wire::to_text(vm())));
  EXPECT_EQ(vm().pid, first.pid);
  EXPECT_TRUE(server.remove(id));
}

std::vector<Death> deaths() {
  std::vector<Death> out;
  for (int write = 1; write <= 9; ++write)
    for (const auto when : {DyingStore::When::before, DyingStore::When::after}) out.push_back({write, when});
  return out;
}
INSTANTIATE_TEST_SUITE_P(Server, SessionCrash, ::testing::ValuesIn(deaths()),
                         ::testing::PrintToStringParamName());

}  // namespace
}  // namespace wye::live
