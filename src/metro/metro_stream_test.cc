#include "metro/testing/metro_fixture.h"
#include "net/ws_frames.h"

// What stays open: event streams, WebSockets, and the holds that they take.
namespace wye::metro {
namespace {

using namespace testing;
using namespace std::chrono_literals;

const std::string kUpgrade =
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\nSec-WebSocket-Version: 13\r\n";
const std::string kSwitched =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
    "a\r\n\r\n";

class Streams : public MetroTest {
 protected:
  [[nodiscard]] std::string cdp() const { return raw("GET", "/browser/cdp?jwt=" + token(), kUpgrade); }
  // Starts an agent that grants the upgrade and sends back what it gets.
  void start_with_echo() {
    start_with_agent([this](RawConnection& peer) {
      const auto head = peer.read_head();
      EXPECT_NE(head.find("Connection: Upgrade\r\nUpgrade: websocket\r\n"), std::string::npos) << head;
      peer.send(kSwitched);
      for (auto byte = peer.read_exactly(1); !byte.empty(); byte = peer.read_exactly(1))
        if (!peer.send(byte)) break;
      agent_left_.set();
    });
  }
  // Asks the metro until it has nothing under way: holds end a moment after the client has seen the end.
  void expect_no_holders() {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (metro_->active_requests() > 0 && std::chrono::steady_clock::now() < deadline)
      std::this_thread::yield();
    EXPECT_EQ(directory_.holders(kSession), 0U);
  }
  Event agent_left_;
};

TEST_F(Streams, events_are_passed_on_one_by_one) {
  const Event seen;
  start_with_agent([=](RawConnection& peer) {
    peer.read_head();
    peer.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
    peer.send("9\r\ndata: 1\n\n\r\n");
    EXPECT_TRUE(seen.wait());
    peer.send("9\r\ndata: 2\n\n\r\n");
    peer.read_to_end();
  });
  auto client = connect();
  client.send(request("GET", "telemetry/stream"));
  EXPECT_TRUE(client.read_head().find("text/event-stream") != std::string::npos);
  EXPECT_EQ(client.read_until("\n\n\r\n"), "9\r\ndata: 1\n\n\r\n");
  seen.set();
  EXPECT_EQ(client.read_until("\n\n\r\n"), "9\r\ndata: 2\n\n\r\n");
}

TEST_F(Streams, idle_connections_to_the_agent_are_closed_when_the_session_ends) {
  start_with_agent([this](RawConnection& peer) {
    while (!peer.read_head().empty()) peer.send(ok("x"));
    agent_left_.set();
  });
  EXPECT_EQ(get("telemetry").status, 200);
  directory_.set_state(kSession, SessionState::ending);
  EXPECT_TRUE(agent_left_.wait());
}

TEST_F(Streams, an_event_stream_touches_the_session_and_does_not_hold_it) {
  start_with_agent([](RawConnection& peer) {
    peer.read_head();
    peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n");
    peer.read_to_end();
  });
  clock_.steady_seconds += 50;
  auto client = connect();
  client.send(request("GET", "telemetry/stream"));
  client.read_until("a\r\n");
  EXPECT_EQ(directory_.holders(kSession), 0U);
  clock_.steady_seconds += 50;
  EXPECT_TRUE(directory_.begin_expiry().empty()) << "opening it restarted the timer";
  clock_.steady_seconds += 10;
  EXPECT_EQ(directory_.begin_expiry().size(), 1U);
  EXPECT_FALSE(client.read_answer().complete) << "the session's end ends the stream";
}

TEST_F(Streams, a_call_holds_the_session_and_a_page_of_events_does_not) {
  const Event asked;
  const Event go_on;
  start_with_agent([=](RawConnection& peer) {
    peer.read_head();
    asked.set();
    EXPECT_TRUE(go_on.wait());
    peer.send(ok("done"));
    peer.read_head();
    peer.send(ok("page"));
    peer.read_to_end();
  });
  auto client = connect();
  client.send(request("GET", "fs/read_file"));
  EXPECT_TRUE(asked.wait());
  EXPECT_EQ(directory_.holders(kSession), 1U);
  clock_.steady_seconds += 600;
  EXPECT_TRUE(directory_.begin_expiry().empty());
  go_on.set();
  EXPECT_EQ(client.read_answer().body, "done");
  expect_no_holders();
  EXPECT_EQ(directory_.next_expiry(), clock_.steady() + 60s) << "its end restarted the timer";
  clock_.steady_seconds += 59;
  EXPECT_EQ(get("telemetry/events").status, 200);
  clock_.steady_seconds += 1;
  EXPECT_EQ(directory_.begin_expiry().size(), 1U);
}

TEST_F(Streams, no_hold_can_be_taken_once_the_session_has_expired) {
  start_with_agent(answer_each([](const std::string&) { return ok("ok"); }));
  clock_.steady_seconds += 60;
  EXPECT_EQ(directory_.begin_expiry().size(), 1U);
  EXPECT_EQ(get("fs/read_file").status, 503);
  EXPECT_EQ(agent_->connections(), 0);
}

TEST_F(Streams, a_terminals_websocket_is_relayed_below_the_base_url_and_holds_the_session_while_it_is_open) {
  start_with_echo();
  auto client = connect();
  client.send(request("GET", "process/01234567-89ab-4def-8123-456789abcdef/attach", kUpgrade) + "key");
  EXPECT_TRUE(client.read_head().starts_with("HTTP/1.1 101 "));
  EXPECT_EQ(client.read_exactly(3), "key");
  clock_.steady_seconds += 600;
  EXPECT_TRUE(directory_.begin_expiry().empty());
  client.close();
  EXPECT_TRUE(agent_left_.wait());
  expect_no_holders();
  EXPECT_EQ(directory_.next_expiry(), clock_.steady() + 60s);
}

TEST_F(Streams, a_websocket_is_relayed_byte_by_byte_both_ways) {
  start_with_echo();
  auto client = connect();
  client.send(cdp() + "early");
  const auto head = client.read_head();
  EXPECT_TRUE(head.starts_with("HTTP/1.1 101 Switching Protocols\r\n")) << head;
  EXPECT_NE(head.find("Sec-WebSocket-Accept: a\r\n"), std::string::npos);
  EXPECT_NE(head.find("Connection: Upgrade\r\nUpgrade: websocket\r\n"), std::string::npos);
  EXPECT_NE(head.find("X-Wye-Source: agent\r\n"), std::string::npos);
  EXPECT_EQ(client.read_exactly(5), "early");
  client.send("later");
  EXPECT_EQ(client.read_exactly(5), "later");
  EXPECT_EQ(directory_.holders(kSession), 1U);
  client.close();
  EXPECT_TRUE(agent_left_.wait());
  expect_no_holders();
}

TEST_F(Streams, big_messages_are_relayed_with_back_pressure) {
  const std::size_t size = 30'000'000;
  start_with_agent([&](RawConnection& peer) {
    peer.read_head();
    peer.send(kSwitched);
    EXPECT_TRUE(peer.read_exactly(size) == std::string(size, 'u'));
    peer.send(std::string(size, 'd'));
  });
  auto client = connect();
  client.send(cdp());
  client.read_head();
  EXPECT_TRUE(client.send(std::string(size, 'u')));
  EXPECT_TRUE(client.read_exactly(size) == std::string(size, 'd'));
  EXPECT_TRUE(client.at_end());
  client.close();
}

TEST_F(Streams, a_refused_handshake_is_an_ordinary_answer) {
  start_with_agent(
      answer_each([](const std::string&) { return json_answer(404, R"({"code":"not_found"})"); }));
  auto client = connect();
  for (int i = 0; i < 2; ++i) {
    client.send(raw("GET", "/browser/kernel/process/x/attach?jwt=" + token(), kUpgrade));
    EXPECT_EQ(client.read_answer().status, 404);
  }
}

TEST_F(Streams, an_upgrade_that_was_not_asked_for_or_is_another_is_502) {
  start_with_agent(answer_each([](const std::string&) { return kSwitched; }));
  EXPECT_EQ(get("telemetry").status, 502);
  EXPECT_EQ(ask(raw("GET", "/browser/cdp?jwt=" + token(), "Connection: Upgrade\r\nUpgrade: h2c\r\n")).status,
            502);
}

TEST_F(Streams, the_end_of_the_session_closes_a_websocket_with_1001) {
  start_with_echo();
  auto client = connect();
  client.send(cdp());
  client.read_head();
  const std::string frame = std::string("\x81\x03", 2) + "abc";
  client.send(frame);
  EXPECT_EQ(client.read_exactly(5), frame);
  directory_.set_state(kSession, SessionState::ending);
  EXPECT_EQ(client.read_to_end(), net::ws_close_frame(1001, "session ended"));
  EXPECT_TRUE(agent_left_.wait());
}

TEST_F(Streams, inside_a_frame_the_end_of_the_session_says_nothing) {
  start_with_echo();
  auto client = connect();
  client.send(cdp());
  client.read_head();
  const std::string part = std::string("\x81\x05", 2) + "abc";
  client.send(part);
  EXPECT_EQ(client.read_exactly(5), part);
  directory_.set_state(kSession, SessionState::ending);
  EXPECT_EQ(client.read_to_end(), "");
}

TEST_F(Streams, the_end_of_the_session_answers_calls_under_way) {
  const auto asked = std::make_shared<std::atomic<int>>(0);
  const Event both_asked;
  start_with_agent([=](RawConnection& peer) {
    peer.read_head();
    if (++*asked == 2) both_asked.set();
    peer.read_to_end();
  });
  auto reader = connect();
  reader.send(request("GET", "telemetry/events"));
  auto runner = connect();
  runner.send(request("POST", "process/exec", "", "{}"));
  EXPECT_TRUE(both_asked.wait());
  directory_.set_state(kSession, SessionState::ending);
  const auto read = reader.read_answer();
  EXPECT_EQ(read.status, 503);
  EXPECT_TRUE(read.has("Retry-After: 1"));
  const auto run = runner.read_answer();
  EXPECT_EQ(run.status, 502);
  EXPECT_TRUE(run.has("x-should-retry: false"));
}

TEST_F(Streams, stopping_breaks_what_is_open_and_returns) {
  start_with_echo();
  auto client = connect();
  client.send(cdp());
  client.read_head();
  auto idle = connect();
  idle.send(request("GET", "nothing"));
  EXPECT_EQ(idle.read_answer().status, 404);
  metro_->stop_accepting();
  EXPECT_TRUE(idle.at_end());
  EXPECT_FALSE(connect());
  metro_->stop();
  EXPECT_EQ(client.read_to_end(), net::ws_close_frame(1001, "server stopping"));
  EXPECT_TRUE(agent_left_.wait());
}

TEST_F(Streams, a_websocket_as_young_as_can_be_is_closed_with_1001_by_the_end_of_its_session) {
  options_.proxy.tick = 1h;  // no tick ever comes to look at it
  start_with_echo();
  auto client = connect();
  client.send(cdp());
  client.read_head();
  directory_.set_state(kSession, SessionState::ending);
  EXPECT_EQ(client.read_to_end(), net::ws_close_frame(1001, "session ended"));
}

// A killed VM breaks its connections before its end is on record.
TEST_F(Streams, an_agent_that_dies_is_the_end_of_the_session_as_soon_as_that_is_known) {
  const Event hung_up;
  start_with_agent([=](RawConnection& peer) {
    peer.read_head();
    peer.send(kSwitched);
    peer.read_exactly(1);
    peer.close();
    hung_up.set();
  });
  auto client = connect();
  client.send(cdp() + "x");
  client.read_head();
  EXPECT_TRUE(hung_up.wait());
  directory_.set_state(kSession, SessionState::ending);
  EXPECT_EQ(client.read_to_end(), net::ws_close_frame(1001, "session ended"));
}

TEST_F(Streams, an_agent_that_hangs_up_without_a_word_is_1011) {
  start_with_agent([](RawConnection& peer) {
    peer.read_head();
    peer.send(kSwitched);
  });
  auto client = connect();
  client.send(cdp());
  client.read_head();
  EXPECT_EQ(client.read_to_end(), net::ws_close_frame(1011, "upstream_error"));
}

TEST_F(Streams, the_agent_is_told_why_the_metro_leaves) {
  std::string told;
  start_with_agent([&](RawConnection& peer) {
    peer.read_head();
    peer.send(kSwitched);
    told = peer.read_to_end();
    agent_left_.set();
  });
  auto client = connect();
  client.send(cdp());
  client.read_head();
  directory_.set_state(kSession, SessionState::ending);
  EXPECT_TRUE(agent_left_.wait());
  EXPECT_EQ(told, net::ws_client_close_frame(1001, "session ended"));
}

TEST_F(Streams, several_threads_share_one_port) {
  options_.threads = 3;
  start_with_agent(answer_each([](const std::string&) { return ok("ok"); }));
  for (int i = 0; i < 30; ++i) EXPECT_EQ(get("telemetry").status, 200);
}

TEST_F(Streams, connections_beyond_the_limit_are_503) {
  options_.connections = 1;
  start_with_agent(answer_each([](const std::string&) { return ok("ok"); }));
  auto first = connect();
  first.send(request("GET", "telemetry"));
  EXPECT_EQ(first.read_answer().status, 200);
  EXPECT_EQ(get("telemetry").status, 503);
}

}  // namespace
}  // namespace wye::metro
