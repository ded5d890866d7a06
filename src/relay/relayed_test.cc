#include "relay/relayed.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <optional>
#include <thread>
#include <vector>

#include "base/network_of.h"
#include "base/pass_descriptors.h"
#include "relay/testing/tcp_pair.h"

namespace wye::relay {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using testing::TcpPair;

/// A client, DevTools and an agent on descriptors of the test's own; everything runs on the test's thread.
class RelayedTest : public ::testing::Test {
 protected:
  RelayedTest() {
    std::array<int, 2> fds{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds.data()) != 0)
      throw std::runtime_error("pair");
    agent_ = UniqueFd(fds[0]);
    line_ = UniqueFd(fds[1]);
  }
  // What is suspended lives in the io_context, which lasts longer than what it uses.
  void TearDown() override {
    if (!relayed_ || over_) return;
    relayed_->drop_client();
    agent_.reset();
    relayed_->end_session();
    until([&] { return over_; });
  }
  void start(std::string from_client = {}, std::string from_devtools = {}) {
    relayed_.emplace(io_,
                     RelayParts{.client = std::move(client_.right),
                                .devtools = std::move(devtools_.left),
                                .line = std::move(line_),
                                .network = network_of(client_.left.get()),
                                .from_client = std::move(from_client),
                                .from_devtools = std::move(from_devtools)},
                     patience_);
    asio::co_spawn(
        io_,
        [this]() -> net::Task<> {
          co_await relayed_->run();
          over_ = true;
        },
        asio::detached);
  }
  /// Runs until `done`.
  template <class Done>
  void until(Done done) {
    const auto deadline = std::chrono::steady_clock::now() + 30s;
    while (!done() && std::chrono::steady_clock::now() < deadline) io_.run_one_for(10ms);
    ASSERT_TRUE(done());
  }
  /// What comes on a descriptor, until it is as long as `like`, or an end.
  std::string read(const UniqueFd& from, std::size_t size) {
    std::string out;
    bool ended = false;
    until([&] {
      std::array<char, 64 * 1024> room{};
      const auto got =
          ::recv(from.get(), room.data(), std::min(room.size(), size - out.size()), MSG_DONTWAIT);
      if (got > 0) out.append(room.data(), static_cast<std::size_t>(got));
      ended = got == 0 || (got < 0 && errno != EAGAIN);
      return ended || out.size() == size;
    });
    return out;
  }
  std::string line() {
    std::string out;
    do out += read(agent_, 1);
    while (!out.empty() && out.back() != '\n');
    return out;
  }
  static void send(const UniqueFd& to, std::string_view bytes) {
    ASSERT_EQ(::send(to.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  }
  void say(std::string_view text, int descriptor = -1) {
    ASSERT_TRUE(send_with_descriptors(agent_.get(), text, std::span(&descriptor, descriptor >= 0 ? 1U : 0U)));
  }
  std::string rest_of_client() { return read(client_.left, 1 << 20); }

  asio::io_context io_{1};
  TcpPair client_, devtools_, next_;
  UniqueFd agent_, line_;
  RelayPatience patience_;
  std::optional<Relayed> relayed_;
  bool over_ = false;
};

const std::string kAsk(
    "\x81\x83\x00\x00\x00\x00"
    "ask",
    9);
const std::string kAnswer(
    "\x81\x06"
    "answer");

TEST_F(RelayedTest, bytes_pass_both_ways_and_are_counted) {
  start(kAsk, kAnswer);
  EXPECT_EQ(read(devtools_.right, kAsk.size()), kAsk) << "what was read before comes first";
  EXPECT_EQ(read(client_.left, kAnswer.size()), kAnswer);
  send(client_.left, kAsk);
  EXPECT_EQ(read(devtools_.right, kAsk.size()), kAsk);
  client_.left.reset();
  EXPECT_EQ(read(devtools_.right, 1), "") << "DevTools sees it leave";
  devtools_.right.reset();
  EXPECT_EQ(line(), "over client_close 3 0\n");
  until([&] { return over_; });
}

TEST_F(RelayedTest, an_agent_that_asks_gets_copies_of_what_the_client_sends) {
  std::array<int, 2> fds{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds.data()), 0);
  const UniqueFd copies(fds[0]);
  UniqueFd relays_end(fds[1]);
  say("commands 1\n", relays_end.get());
  relays_end.reset();
  start(kAsk);
  std::array<char, 1000> packet{};
  ssize_t got = -1;
  until([&] {
    return got > 0 || (got = ::recv(copies.get(), packet.data(), packet.size(), MSG_DONTWAIT)) > 0;
  });
  wire::CopyReader reader({packet.data(), static_cast<std::size_t>(got)});
  EXPECT_EQ(reader.next()->bytes, "ask") << "what came before is heard before the client";
  say("commands 0\n");
  EXPECT_EQ(read(copies, 1), "") << "closed";
  send(client_.left, kAsk);
  EXPECT_EQ(read(devtools_.right, 2 * kAsk.size()), kAsk + kAsk);
  for (int i = 0; i < 30; ++i) say("commands 0\n");  // as often as telemetry changes
  client_.left.reset();
  EXPECT_EQ(read(devtools_.right, 1), "");
  devtools_.right.reset();
  EXPECT_EQ(line(), "over client_close 2 0\n");
  until([&] { return over_; });
}

TEST_F(RelayedTest, what_a_client_sends_before_it_leaves_arrives) {
  start();
  const std::string much(8 << 20, 'x');
  std::string came;
  std::thread client([&] {
    send(client_.left, much);
    client_.left.reset();
  });
  came = read(devtools_.right, much.size() + 1);
  client.join();
  EXPECT_EQ(came.size(), much.size());
}

TEST_F(RelayedTest, the_end_of_the_session_is_1001) {
  start();
  relayed_->end_session();
  EXPECT_EQ(line(), "over context_cancelled 0 0\n");
  EXPECT_EQ(rest_of_client(), net::ws_close_frame(1001, "session ended"));
  client_.left.reset();
  until([&] { return over_; });
}

TEST_F(RelayedTest, the_end_of_the_server_is_1012_at_once) {
  start();
  until([&] { return true; });
  relayed_->stop_now();
  std::array<char, 64> room{};
  const auto got = ::recv(client_.left.get(), room.data(), room.size(), MSG_DONTWAIT);
  ASSERT_GT(got, 0);
  EXPECT_EQ(std::string(room.data(), static_cast<std::size_t>(got)),
            net::ws_close_frame(1012, "server stopping"));
  EXPECT_EQ(line(), "over context_cancelled 0 0\n");
}

TEST_F(RelayedTest, why_devtools_has_ended_it_is_what_the_agent_says) {
  start({}, kAnswer);
  EXPECT_EQ(read(client_.left, kAnswer.size()), kAnswer);
  devtools_.right.reset();
  EXPECT_EQ(line(), "lost 0 1\n");
  say("cause 1012 upstream_changed\n");
  EXPECT_EQ(line(), "over upstream_changed 1 0\n");
  EXPECT_EQ(rest_of_client(), net::ws_close_frame(1012, "upstream_changed"));
}

TEST_F(RelayedTest, inside_a_frame_the_connection_is_broken_instead) {
  start({}, kAnswer.substr(0, 4));
  EXPECT_EQ(read(client_.left, 4).size(), 4U);
  devtools_.right.reset();
  EXPECT_EQ(line(), "lost 0 0\n");
  say("cause 1012 upstream_changed\n");
  EXPECT_EQ(rest_of_client(), "");
}

TEST_F(RelayedTest, what_was_not_answered_goes_to_the_next_chromium) {
  start();
  send(client_.left, kAsk);
  EXPECT_EQ(read(devtools_.right, kAsk.size()), kAsk);
  devtools_.right.reset();
  EXPECT_EQ(line(), "lost 1 1\n");
  send(client_.left, kAsk);
  say("moved\n", next_.left.get());
  EXPECT_EQ(read(next_.right, 2 * kAsk.size()), kAsk + kAsk);
  send(next_.right, kAnswer);
  EXPECT_EQ(read(client_.left, kAnswer.size()), kAnswer);
  next_.right.reset();
  EXPECT_EQ(line(), "lost 0 1\n") << "answered by the second one";
}

TEST_F(RelayedTest, a_command_that_ends_chromium_is_told_first_and_goes_to_no_second_one) {
  start();
  const std::string text = R"({"id":1,"method":"Browser.close"})";
  send(client_.left,
       std::string("\x81") + static_cast<char>(0x80 | text.size()) + std::string(4, '\0') + text);
  EXPECT_EQ(line(), "ending\n");
  devtools_.right.reset();
  EXPECT_EQ(line(), "lost 0 1\n");
}

// ---- agents that are hostile, or dead

TEST_F(RelayedTest, an_agent_that_says_nothing_costs_its_time_and_no_more) {
  patience_.cause = 1ms;
  start({}, kAnswer);
  devtools_.right.reset();
  EXPECT_EQ(read(client_.left, 1 << 20), kAnswer + net::ws_close_frame(1011, "upstream_error"));
}

TEST_F(RelayedTest, an_agent_that_dies_is_told_of_and_the_end_of_the_session_is_waited_for) {
  bool gone = false;
  start({}, kAnswer);
  relayed_->on_agent_gone([&] { gone = true; });
  agent_.reset();
  until([&] { return gone; });
  relayed_->end_session();
  EXPECT_EQ(read(client_.left, 1 << 20), kAnswer + net::ws_close_frame(1001, "session ended"));
}

TEST_F(RelayedTest, a_session_that_outlives_its_agent_is_1011) {
  patience_.session_end = 1ms;
  start({}, kAnswer);
  agent_.reset();
  EXPECT_EQ(read(client_.left, 1 << 20), kAnswer + net::ws_close_frame(1011, "upstream_error"));
}

enum class Hands { nothing, file, pipe, listener, stranger, unasked };
struct Lie {
  const char* name;
  std::string text;
  Hands hands = Hands::nothing;
};
class LyingAgent : public RelayedTest, public ::testing::WithParamInterface<Lie> {
 protected:
  int descriptor() {
    switch (GetParam().hands) {
      case Hands::file:
        extra_ = UniqueFd(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
        return extra_.get();
      case Hands::pipe: {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC) != 0) return -1;
        extra_ = UniqueFd(ends[0]);
        other_ = UniqueFd(ends[1]);
        return extra_.get();
      }
      case Hands::stranger:
        extra_ = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        return extra_.get();
      case Hands::listener:
        return next_.listener.get();
      case Hands::unasked:
        return next_.left.get();
      case Hands::nothing:
        break;
    }
    return -1;
  }
  UniqueFd extra_, other_;
};

TEST_P(LyingAgent, is_cut_off_and_its_client_told_1011) {
  patience_.session_end = 1ms;
  start({}, kAnswer);
  EXPECT_EQ(read(client_.left, kAnswer.size()), kAnswer);
  if (GetParam().hands != Hands::unasked) {
    // Asked for the cause, and not for a socket: DevTools had answered.
    devtools_.right.reset();
    EXPECT_EQ(line(), "lost 0 1\n");
  }
  say(GetParam().text, descriptor());
  EXPECT_EQ(rest_of_client(), net::ws_close_frame(1011, "upstream_error"));
}
INSTANTIATE_TEST_SUITE_P(
    Relay, LyingAgent,
    ::testing::Values(Lie{"moved_without_a_socket", "moved\n"}, Lie{"nonsense", "nonsense\n"},
                      Lie{"copies_without_a_socket", "commands 1\n"}, Lie{"endless", std::string(300, 'x')},
                      Lie{"half", "cause 1012\n"}, Lie{"a_file", "moved\n", Hands::file},
                      Lie{"a_pipe", "moved\n", Hands::pipe}, Lie{"a_listener", "moved\n", Hands::listener},
                      Lie{"not_connected", "moved\n", Hands::stranger},
                      Lie{"unasked", "moved\n", Hands::unasked}),
    [](const auto& row) { return std::string(row.param.name); });

TEST_F(RelayedTest, an_agent_that_talks_without_end_is_cut_off) {
  patience_.session_end = 1ms;
  patience_.takes_the_rest = 60s;
  start({}, kAnswer);
  std::string much;
  for (int i = 0; i < 17; ++i) much += "gone\n";
  say(much);
  EXPECT_EQ(read(client_.left, 1 << 20), kAnswer + net::ws_close_frame(1011, "upstream_error"));
}

// ---- clients and DevTools that do not read, and frames of any size

TEST_F(RelayedTest, a_client_that_never_reads_is_dropped_once_chromium_is_gone) {
  patience_.takes_the_rest = 1ms;
  start();
  const std::string block(64 * 1024, '\0');
  const auto fill = [&] {
    while (::send(devtools_.right.get(), block.data(), block.size(), MSG_DONTWAIT | MSG_NOSIGNAL) > 0) {
    }
    return io_.poll() == 0;
  };
  until(fill);
  say("gone\n");
  devtools_.right.reset();
  until([&] { return over_; });
}

TEST_F(RelayedTest, devtools_that_never_reads_does_not_hold_a_client_that_leaves) {
  patience_.takes_leave = 1ms;
  start();
  const std::string block(64 * 1024, '\0');
  until([&] {
    while (::send(client_.left.get(), block.data(), block.size(), MSG_DONTWAIT | MSG_NOSIGNAL) > 0) {
    }
    return io_.poll() == 0;
  });
  relayed_->end_session();
  client_.left.reset();
  until([&] { return over_; });
}

TEST_F(RelayedTest, a_frame_of_two_to_the_63_is_relayed_as_it_comes_and_kept_nowhere) {
  const std::string head("\x81\x7f\x7f\xff\xff\xff\xff\xff\xff\xff", 10);
  start({}, head);
  EXPECT_EQ(read(client_.left, head.size()), head);
  const std::string block(1 << 20, 'x');
  std::thread devtools([&] { send(devtools_.right, block); });
  EXPECT_EQ(read(client_.left, block.size()), block);
  devtools.join();
  relayed_->end_session();
  EXPECT_EQ(rest_of_client(), "") << "no frame of ours inside of another";
}

}  // namespace
}  // namespace wye::relay
