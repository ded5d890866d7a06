#include <gtest/gtest.h>

#include "metro/testing/metro_fixture.h"

// What the metro counts: each answer by its reason and status class, and what is open.
namespace wye::metro::testing {
namespace {

class Counters : public MetroTest {
 protected:
  [[nodiscard]] std::uint64_t answered(Reason reason, Outcome outcome) const {
    return metro_->totals().answered[static_cast<std::size_t>(reason)][static_cast<std::size_t>(outcome)];
  }
  [[nodiscard]] std::uint64_t all() const {
    std::uint64_t sum = 0;
    for (const auto& outcomes : metro_->totals().answered)
      for (const auto one : outcomes) sum += one;
    return sum;
  }
  // Waits for what is counted after the client has its answer.
  template <class Holds>
  static void await(const Holds& holds) {
    while (!holds()) std::this_thread::yield();
  }
};

TEST_F(Counters, each_answer_counts_once_under_its_reason) {
  start_with_agent(answer_each([](const std::string& head) {
    if (head.find("/missing") != std::string::npos) return json_answer(404, R"({"code":"not_found"})");
    if (head.find("/cut") != std::string::npos) return std::string("HTTP/1.1 nonsense\r\n\r\n");
    return ok("ok");
  }));
  directory_.add(kOtherSession, SessionState::ending, {}, std::chrono::seconds(60));
  const auto other = [&](const char* what) {
    return raw("GET", "/browser/kernel/" + kOtherSession + "/" + what + "?jwt=" + token(kOtherSession));
  };
  struct Row {
    std::string request;
    int status;
    Reason reason;
    Outcome outcome;
  };
  const std::vector<Row> rows{
      {request("GET", "telemetry"), 200, Reason::agent, Outcome::success},
      {request("GET", "process/missing/status"), 404, Reason::agent, Outcome::client_error},
      {request("GET", "process/cut/status"), 502, Reason::lost, Outcome::server_error},
      {raw("GET", "/browser/kernel/" + kSession + "/telemetry"), 401, Reason::unauthorized,
       Outcome::client_error},
      {request("GET", "display"), 404, Reason::not_served, Outcome::client_error},
      {raw("GET", "/nothing"), 404, Reason::not_served, Outcome::client_error},
      {raw("GET", "/healthz"), 200, Reason::health, Outcome::success},
      {other("telemetry"), 503, Reason::ending, Outcome::server_error},
      {"GET / HTTP/1.1\r\nbad line\r\n\r\n", 400, Reason::bad_request, Outcome::client_error},
      {"GET / HTTP/3.0\r\n\r\n", 505, Reason::bad_request, Outcome::server_error},
  };
  for (const auto& row : rows) {
    const auto before = answered(row.reason, row.outcome), all_before = all();
    EXPECT_EQ(ask(row.request).status, row.status) << row.request;
    EXPECT_EQ(answered(row.reason, row.outcome), before + 1) << row.request;
    EXPECT_EQ(all(), all_before + 1) << row.request;
  }
  directory_.set_state(kOtherSession, SessionState::gone);
  EXPECT_EQ(ask(other("telemetry/events")).status, 404);
  EXPECT_EQ(answered(Reason::browser_gone, Outcome::client_error), 1u) << "what clients fall back from";
}

TEST_F(Counters, a_vm_that_nobody_listens_in_is_told_from_one_that_is_slow) {
  options_.proxy.brief_head = std::chrono::milliseconds(30);
  const Event over;
  start_with_agent([=](RawConnection& peer) {
    peer.read_head();
    (void)over.wait();
  });
  EXPECT_EQ(get("telemetry").status, 504);
  EXPECT_EQ(answered(Reason::too_slow, Outcome::server_error), 1u);
  over.set();
  agent_->stop();
  EXPECT_EQ(get("telemetry").status, 503);
  EXPECT_EQ(answered(Reason::not_ready, Outcome::server_error), 1u);
}

TEST_F(Counters, streams_and_sockets_count_while_they_are_open) {
  start_with_agent([&](RawConnection& peer) {
    const auto head = peer.read_head();
    if (head.find("Upgrade") != std::string::npos)
      peer.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
    else
      peer.send(
          "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: "
          "chunked\r\n\r\n3\r\n:\n\n\r\n");
    (void)peer.at_end();
  });
  auto stream = connect();
  stream.send(request("GET", "telemetry/stream"));
  EXPECT_NE(stream.read_until(":\n\n"), "");
  auto socket = connect();
  socket.send(request("GET", "process/x/attach", "Upgrade: websocket\r\nConnection: Upgrade\r\n"));
  EXPECT_NE(socket.read_head(), "");
  EXPECT_EQ(metro_->totals().streams, 1u);
  EXPECT_EQ(metro_->totals().sockets, 1u);
  EXPECT_EQ(metro_->totals().connections, 2u);
  EXPECT_EQ(answered(Reason::agent, Outcome::success), 1u);
  EXPECT_EQ(answered(Reason::agent, Outcome::informational), 1u);
  stream.close();
  socket.close();
  await([&] {
    const auto now = metro_->totals();
    return now.streams == 0 && now.sockets == 0 && now.connections == 0;
  });
}

TEST_F(Counters, a_client_that_leaves_unanswered_counts_as_gone) {
  const Event asked, over;
  start_with_agent([=](RawConnection& peer) {
    peer.read_head();
    asked.set();
    (void)over.wait();
  });
  auto client = connect();
  client.send(request("GET", "process/x/status"));
  ASSERT_TRUE(asked.wait());
  client.close();
  await([&] { return answered(Reason::client_gone, Outcome::broken) == 1; });
  over.set();
}

TEST_F(Counters, without_a_descriptor_for_the_vm_clients_are_told_to_come_again) {
  net::DescriptorBudget budget(4);
  options_.proxy.descriptors = &budget;
  start_with_agent(answer_each([](const std::string&) { return ok("ok"); }));
  std::vector<net::DescriptorBudget::Place> elsewhere(3);
  auto client = connect();
  client.send(raw("GET", "/healthz"));
  EXPECT_EQ(client.read_answer().status, 200);
  for (auto& place : elsewhere) ASSERT_TRUE(budget.take_for_vm(place));
  client.send(request("GET", "telemetry"));
  const auto refused = client.read_answer();
  EXPECT_EQ(refused.status, 503);
  EXPECT_TRUE(refused.has("Retry-After: 1\r\n"));
  EXPECT_EQ(answered(Reason::overloaded, Outcome::server_error), 1u);
  elsewhere.pop_back();
  client.send(request("GET", "telemetry"));
  EXPECT_EQ(client.read_answer().status, 200) << "and it recovers";
  metro_->stop();
}

TEST_F(Counters, an_idle_connection_to_one_vm_makes_room_for_another) {
  net::DescriptorBudget budget(2);
  options_.proxy.descriptors = &budget;
  const auto other_path = dir_.file("other");
  ScriptedAgent other(other_path, answer_each([](const std::string&) { return ok("other"); }));
  start_with_agent(answer_each([](const std::string&) { return ok("ok"); }));
  directory_.add(kOtherSession, SessionState::live, net::Endpoint::unix_socket(other_path),
                 std::chrono::seconds(60));
  auto client = connect();
  client.send(request("GET", "telemetry"));
  EXPECT_EQ(client.read_answer().body, "ok");
  client.send(raw("GET", "/browser/kernel/" + kOtherSession + "/telemetry?jwt=" + token(kOtherSession)));
  EXPECT_EQ(client.read_answer().body, "other");
  EXPECT_EQ(budget.taken(), 2u);
  metro_->stop();
  EXPECT_EQ(budget.taken(), 0u);
}

}  // namespace
}  // namespace wye::metro::testing
