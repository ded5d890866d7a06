// The life of a session when the server dies at any of its commits (routing-contract §7), on real VMs: what
// the next start finds is adopted or ended, nothing is lost, nothing is left.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "control/agent_call.h"
#include "control/sessions.h"
#include "control/store/sqlite_store.h"
#include "dying_store.h"
#include "metro/drivers/bubblewrap_driver.h"

namespace wye::live {
namespace {

using control::Life;
using control::Session;

/// A server as far as sessions go: what of it dies together.
struct Server {
  Server(std::unique_ptr<control::Store> its_store, const std::string& data_dir)
      : store(std::move(its_store)), driver({std::getenv("WYE_BIN"), "internal", "launch-vm"}) {
    const auto bin = std::filesystem::path(std::getenv("WYE_BIN")).parent_path();
    sessions = std::make_unique<control::Sessions>(
        *store, directory, driver, tokens, clock, random, log,
        control::SessionsOptions{.data_dir = data_dir,
                                 .agent_path = bin / "wye-vm",
                                 .root = ::geteuid() == 0,
                                 .archive_within = std::chrono::milliseconds(200)});
  }
  SystemClock clock;
  SystemRandom random;
  Log log{LogLevel::off};
  std::unique_ptr<control::Store> store;
  metro::SessionDirectory directory{clock};
  metro::TokenVerifier tokens{"a secret of the test's"};
  metro::BubblewrapDriver driver;
  std::unique_ptr<control::Sessions> sessions;
};

struct Death {
  int write;
  DyingStore::When when;
};
void PrintTo(const Death& death, std::ostream* out) {
  *out << (death.when == DyingStore::When::before ? "before_write_" : "after_write_") << death.write;
}

class SessionCrash : public ::testing::TestWithParam<Death> {
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
    return std::move(control::open_sqlite_store(data_ + "/wye.db").value());
  }
  /// Processes with a descriptor or a working directory below the data directory: a VM's log, its spool.
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

int post_events(const std::string& socket, int count) {
  int told = 0;
  for (int i = 0; i < count; ++i) {
    const auto answer = control::call_agent(
        socket, {.method = "POST",
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
      told = post_events(server.directory.find(id).agent_socket, 3);
      EXPECT_EQ(told, 3);
      removed = server.sessions->remove(id).has_value();
    }
  }
  Server next(open(), data_);
  ASSERT_TRUE(next.sessions->start());
  auto all = next.store->sessions({.active = true, .deleted = true, .limit = 100}).value();
  ASSERT_LE(all.size(), 1u);
  for (const auto& session : all)
    if (session.life == Life::live) {
      EXPECT_EQ(post_events(next.directory.find(session.id).agent_socket, 1), 1) << "what lives is usable";
      ++told;
      EXPECT_TRUE(next.sessions->remove(session.id));
    } else {
      EXPECT_TRUE(!removed || session.life != Life::live) << "what was deleted stays deleted";
    }
  while (!next.store->sessions_not_gone().value().empty() || !std::filesystem::is_empty(data_ + "/sessions"))
    std::this_thread::yield();
  if (!all.empty()) {
    const auto events = next.store->archived_events(all[0].id);
    const auto page = events::read_page(
        *events, events::parse_page_query("offset=1&limit=100", next.clock.unix_micros()).value());
    ASSERT_TRUE(page);
    EXPECT_EQ(page->records.size(), static_cast<std::size_t>(told)) << "each event that was told, once";
  }
  EXPECT_EQ(processes_of_vms(), std::vector<std::string>{});
  for (const auto& session : all)
    EXPECT_FALSE(std::filesystem::exists("/sys/fs/cgroup/pids/wye/" + session.id));
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
