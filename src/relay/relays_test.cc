#include "relay/relays.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>

#include <array>
#include <filesystem>
#include <thread>

#include "base/network_of.h"
#include "net/ws_frames.h"
#include "relay/devtools_socket.h"
#include "relay/relayed.h"
#include "relay/testing/tcp_pair.h"
#include "testing/scratch_dir.h"

// Real relay processes, with sockets of the test's own.
namespace wye::relay {
namespace {

using testing::TcpPair;

/// One WebSocket, with the ends that the relay does not have.
struct Ends {
  Ends() {
    std::array<int, 2> fds{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds.data()) != 0)
      throw std::runtime_error("pair");
    agent = UniqueFd(fds[0]);
    line = UniqueFd(fds[1]);
    for (const int fd : {client.left.get(), devtools.right.get(), agent.get()}) {
      const timeval limit{.tv_sec = 30, .tv_usec = 0};
      ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    }
  }
  RelayParts parts() {
    return {.client = std::move(client.right),
            .devtools = std::move(devtools.left),
            .line = std::move(line),
            .network = network_of(client.left.get())};
  }
  static std::string read(const UniqueFd& from, std::size_t size) {
    std::string out(size, '\0');
    const auto got = ::recv(from.get(), out.data(), size, MSG_WAITALL);
    out.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return out;
  }
  void expect_passes(const std::string& bytes) {
    ASSERT_EQ(::send(client.left.get(), bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
    EXPECT_EQ(read(devtools.right, bytes.size()), bytes);
    ASSERT_EQ(::send(devtools.right.get(), bytes.data(), bytes.size(), 0),
              static_cast<ssize_t>(bytes.size()));
    EXPECT_EQ(read(client.left, bytes.size()), bytes);
  }
  TcpPair client, devtools;
  UniqueFd agent, line;
};

class RelaysTest : public ::testing::Test {
 protected:
  RelaysTest() { start(nullptr); }
  void start(const Relays::Adopt& adopt) {
    static std::uint64_t first = 1;
    relays_ = std::make_unique<Relays>(
        RelaysOptions{.directory = directory_.path(), .program = WYE_RELAY, .first_number = first += 1000},
        log_);
    ASSERT_TRUE(relays_->start(adopt));
  }
  /// A server that ends without a word, as far as its relay can tell.
  void restart(const Relays::Adopt& adopt) {
    relays_.reset();
    start(adopt);
  }
  void expect_open(std::size_t count) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (relays_->open() != count && std::chrono::steady_clock::now() < until) std::this_thread::yield();
    EXPECT_EQ(relays_->open(), count);
  }
  /// No hold stays.
  static void expect_let_go(const std::shared_ptr<int>& kept) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (kept.use_count() != 1 && std::chrono::steady_clock::now() < until) std::this_thread::yield();
    EXPECT_EQ(kept.use_count(), 1);
  }
  [[nodiscard]] std::vector<pid_t> processes() const {
    std::vector<pid_t> out;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
      std::error_code error;
      const auto cwd = std::filesystem::read_symlink(entry.path() / "fd/1", error).string();
      if (!error && cwd.starts_with(directory_.path())) out.push_back(std::stoi(entry.path().filename()));
    }
    return out;
  }

  const wye::testing::ScratchDir directory_;
  const Log log_{LogLevel::off};
  std::unique_ptr<Relays> relays_;
};

const std::string kText("\x81\x02hi", 4);

TEST_F(RelaysTest, a_websocket_outlives_its_server_and_is_adopted_with_its_session) {
  Ends ends;
  auto kept = std::make_shared<int>();
  ASSERT_TRUE(relays_->hand_on("s1", ends.parts(), kept));
  ends.expect_passes(kText);
  relays_.reset();
  EXPECT_EQ(kept.use_count(), 1) << "the server keeps nothing after its end";
  ends.expect_passes(kText);
  std::vector<std::string> sessions;
  start([&](const std::string& session) {
    sessions.push_back(session);
    return kept;
  });
  EXPECT_EQ(sessions, std::vector<std::string>{"s1"});
  expect_open(1);
  ends.expect_passes(kText);
  ends.client.left.reset();
  ends.devtools.right.reset();
  expect_open(0);
  expect_let_go(kept);
}

TEST_F(RelaysTest, the_end_of_a_session_is_1001_for_each_of_its_websockets_and_for_no_other) {
  Ends first, second, other;
  ASSERT_TRUE(relays_->hand_on("s1", first.parts(), nullptr));
  ASSERT_TRUE(relays_->hand_on("s1", second.parts(), nullptr));
  ASSERT_TRUE(relays_->hand_on("s2", other.parts(), nullptr));
  relays_->end_session("s1");
  const auto goodbye = net::ws_close_frame(1001, "session ended");
  EXPECT_EQ(Ends::read(first.client.left, goodbye.size()), goodbye);
  EXPECT_EQ(Ends::read(second.client.left, goodbye.size()), goodbye);
  other.expect_passes(kText);
}

TEST_F(RelaysTest, one_whose_session_ended_meanwhile_ends_at_the_next_start) {
  Ends ends;
  ASSERT_TRUE(relays_->hand_on("s1", ends.parts(), nullptr));
  restart([](const std::string&) { return nullptr; });
  const auto goodbye = net::ws_close_frame(1001, "session ended");
  EXPECT_EQ(Ends::read(ends.client.left, goodbye.size()), goodbye);
}

TEST_F(RelaysTest, without_a_server_the_death_of_the_agent_is_the_end_of_the_session) {
  Ends ends;
  ASSERT_TRUE(relays_->hand_on("s1", ends.parts(), nullptr));
  relays_.reset();
  ends.agent.reset();
  const auto goodbye = net::ws_close_frame(1001, "session ended");
  EXPECT_EQ(Ends::read(ends.client.left, goodbye.size()), goodbye);
}

TEST_F(RelaysTest, a_relay_that_dies_drops_its_websockets_and_the_next_one_takes_new_ones) {
  Ends ends, next;
  auto kept = std::make_shared<int>();
  ASSERT_TRUE(relays_->hand_on("s1", ends.parts(), kept));
  const auto running = processes();
  ASSERT_EQ(running.size(), 1U);
  ASSERT_EQ(::kill(running[0], SIGKILL), 0);
  EXPECT_EQ(Ends::read(ends.client.left, 1), "");
  expect_let_go(kept);
  const auto parts = next.parts();
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!relays_->hand_on("s2", parts, nullptr)) ASSERT_LT(std::chrono::steady_clock::now(), until);
  next.expect_passes(kText);
  while (::kill(running[0], 0) == 0) ASSERT_LT(std::chrono::steady_clock::now(), until) << "it is not reaped";
}

TEST_F(RelaysTest, the_process_has_no_descriptor_of_its_server) {
  relays_.reset();
  const UniqueFd kept(::open("/etc/passwd", O_RDONLY));  // not close-on-exec
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!processes().empty() && std::chrono::steady_clock::now() < until) std::this_thread::yield();
  start(nullptr);
  const auto running = processes();
  ASSERT_EQ(running.size(), 1U);
  for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(running[0]) + "/fd"))
    EXPECT_NE(std::filesystem::read_symlink(entry.path()), "/etc/passwd");
}

TEST_F(RelaysTest, a_stopped_relay_is_taken_over_once_it_goes_on) {
  Ends ends;
  auto kept = std::make_shared<int>();
  ASSERT_TRUE(relays_->hand_on("s1", ends.parts(), nullptr));
  ends.expect_passes(kText);
  const auto running = processes();
  ASSERT_EQ(running.size(), 1U);
  ASSERT_EQ(::kill(running[0], SIGSTOP), 0);
  restart([&](const std::string&) { return kept; });
  EXPECT_EQ(relays_->open(), 0U);
  Ends next;
  ASSERT_TRUE(relays_->hand_on("s2", next.parts(), nullptr)) << "another one takes new ones";
  next.expect_passes(kText);
  ASSERT_EQ(::kill(running[0], SIGCONT), 0);
  expect_open(2);
  EXPECT_EQ(kept.use_count(), 2);
  ends.expect_passes(kText);
}

TEST_F(RelaysTest, the_process_ends_with_the_last_of_server_and_websockets) {
  Ends ends;
  ASSERT_TRUE(relays_->hand_on("s1", ends.parts(), nullptr));
  relays_.reset();
  ASSERT_EQ(processes().size(), 1U);
  ends.client.left.reset();
  ends.devtools.right.reset();
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!processes().empty() && std::chrono::steady_clock::now() < until) std::this_thread::yield();
  EXPECT_TRUE(processes().empty());
}

}  // namespace
}  // namespace wye::relay
