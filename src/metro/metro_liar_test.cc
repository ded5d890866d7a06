#include "metro/testing/metro_fixture.h"

// An agent that lies: its lies reach only the request that it answers, in its own session, and say no more
// than an agent may.
namespace wye::metro {
namespace {

using namespace testing;

const std::string kForged = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged";

struct Lie {
  std::string name;
  std::string bytes;  ///< Sent to the first request; then the connection is closed, or stays with `stays`.
  int status = 502;   ///< What the client is told; 0: the answer breaks off.
  bool stays = false;
  std::string method = "GET";
};
void PrintTo(const Lie& lie, std::ostream* out) { *out << lie.name; }

std::vector<Lie> framing_lies() {
  const std::string ok = "HTTP/1.1 200 OK\r\n", five = "Content-Length: 5\r\n",
                    chunked = "Transfer-Encoding: chunked\r\n";
  return {
      {"two_equal_lengths", ok + five + five + "\r\nhello" + kForged},
      {"two_lengths", ok + five + "Content-Length: 0\r\n\r\nhello" + kForged},
      {"a_list_of_lengths", ok + "Content-Length: 5, 5\r\n\r\nhello"},
      {"a_signed_length", ok + "Content-Length: +5\r\n\r\nhello"},
      {"a_length_that_overflows", ok + "Content-Length: 18446744073709551621\r\n\r\nhello"},
      {"length_and_coding", ok + five + chunked + "\r\n0\r\n\r\n" + kForged},
      {"coding_and_length", ok + chunked + five + "\r\n0\r\n\r\n" + kForged},
      {"two_codings", ok + chunked + chunked + "\r\n0\r\n\r\n"},
      {"another_coding", ok + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"},
      {"a_folded_field", ok + "X-A: b\r\n c\r\n\r\n"},
      {"a_bare_lf", ok + "X-A: b\nX-B: c\r\n" + five + "\r\nhello"},
      {"a_bare_cr", ok + "X-A: b\rX-B: c\r\n" + five + "\r\nhello"},
      {"a_nul", ok + "X-A: " + std::string(1, '\0') + "\r\n" + five + "\r\nhello"},
      {"space_before_a_colon", ok + "Content-Length : 5\r\n\r\nhello"},
      {"a_chunk_that_overflows", ok + chunked + "\r\n10000000000000005\r\nhello"},
      {"a_body_that_is_cut", ok + "Content-Length: 100\r\n\r\nhello", 0},
      {"chunks_that_are_cut", ok + chunked + "\r\n5\r\nhello\r\n", 0},
  };
}

std::vector<Lie> head_lies() {
  std::string endless = "HTTP/1.1 200 OK\r\n", flood;
  for (int i = 0; i < 10'000; ++i) endless += "X-" + std::to_string(i) + ": " + std::string(90, 'v') + "\r\n";
  for (int i = 0; i < 1000; ++i) flood += "HTTP/1.1 100 Continue\r\n\r\n";
  std::string many = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 200; ++i) many += "A:\r\n";
  return {
      {"an_endless_head", endless, 502, true},
      {"more_fields_than_are_taken", many + "\r\n"},
      {"a_line_without_end", std::string(1 << 20, 'a'), 502, true},
      {"a_flood_of_interim_answers", flood + kForged},
      {"an_upgrade_that_nobody_asked_for",
       "HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n" + kForged, 502, true},
      {"a_status_below", "HTTP/1.1 099 x\r\nContent-Length: 0\r\n\r\n"},
      {"a_status_above", "HTTP/1.1 600 x\r\nContent-Length: 0\r\n\r\n"},
      {"a_status_of_four_digits", "HTTP/1.1 2000 x\r\nContent-Length: 0\r\n\r\n"},
      {"no_status", "HTTP/1.1 OK\r\nContent-Length: 0\r\n\r\n"},
      {"another_version", "HTTP/2 200 OK\r\nContent-Length: 0\r\n\r\n"},
      {"another_protocol", "ICY 200 OK\r\nContent-Length: 0\r\n\r\n"},
      {"a_request_instead", "GET / HTTP/1.1\r\nHost: x\r\n\r\n"},
      {"nothing", ""},
      {"half_a_line", "HTTP/1.1 2"},
      {"bytes_of_no_kind", std::string("\0\x01\xff\r\n\r\n", 7)},
  };
}

// The first answer may pass; the bytes behind it belong to no request.
std::vector<Lie> lies_behind_an_answer() {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  return {
      {"behind_a_length", ok + "Content-Length: 5\r\n\r\nhello" + kForged, 200, true},
      {"behind_no_length", ok + "Content-Length: 0\r\n\r\n" + kForged, 200, true},
      {"behind_chunks", ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n" + kForged, 200,
       true},
      {"behind_204", "HTTP/1.1 204 x\r\n\r\n" + kForged, 204, true},
      {"behind_204_with_a_length", "HTTP/1.1 204 x\r\nContent-Length: 5\r\n\r\nhello" + kForged, 204, true},
      {"behind_304", "HTTP/1.1 304 x\r\nContent-Length: 5\r\n\r\nhello" + kForged, 304, true},
      {"behind_head", ok + "Content-Length: 5\r\n\r\nhello" + kForged, 200, true, "HEAD"},
      {"chunks_behind_head", ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n" + kForged, 200,
       true, "HEAD"},
      {"one_byte", ok + "Content-Length: 5\r\n\r\nhello\n", 200, true},
      {"behind_an_interim_answer",
       "HTTP/1.1 103 x\r\nLink: y\r\n\r\n" + ok + "Content-Length: 0\r\n\r\n" + kForged, 200, true},
  };
}

class Liar : public MetroTest, public ::testing::WithParamInterface<Lie> {
 protected:
  // Answers the first request of all with the lie, and every later one, on any connection, honestly.
  void start_with(const Lie& lie) {
    start_with_agent([this, lie](RawConnection& peer) {
      for (auto head = peer.read_head(); !head.empty(); head = peer.read_head()) {
        if (lied_.exchange(true)) {
          peer.send(ok("honest"));
          continue;
        }
        peer.send(lie.bytes);
        if (!lie.stays) return;
      }
    });
    other_agent_ = std::make_unique<ScriptedAgent>(
        other_socket_, answer_each([](const std::string&) { return ok("the other's"); }));
    directory_.add(kOtherSession, SessionState::live, net::Endpoint::unix_socket(other_socket_),
                   std::chrono::seconds(60));
  }
  void TearDown() override {
    MetroTest::TearDown();
    other_agent_.reset();
  }
  void expect_others_unharmed() {
    auto client = connect();
    client.send(raw("GET", "/browser/kernel/" + kOtherSession + "/telemetry?jwt=" + token(kOtherSession)));
    EXPECT_EQ(client.read_answer().body, "the other's");
    EXPECT_EQ(get("telemetry").body, "honest");
  }

  std::atomic<bool> lied_ = false;
  const std::string other_socket_ = dir_.file("other");
  std::unique_ptr<ScriptedAgent> other_agent_;
};

TEST_P(Liar, reaches_no_other_request_and_no_other_session) {
  const auto& lie = GetParam();
  start_with(lie);
  auto client = connect();
  client.send(request(lie.method, "telemetry"));
  const auto answer = client.read_answer(lie.method == "HEAD");
  if (lie.status != 0) {
    EXPECT_EQ(answer.status, lie.status);
    EXPECT_TRUE(answer.complete);
  }
  EXPECT_EQ(answer.body.find("forged"), std::string::npos) << answer.body;
  // The client goes on if its connection does, and never gets the bytes behind the answer.
  client.send(request("GET", "telemetry"));
  const auto next = client.read_answer();
  if (next.status != 0) {
    EXPECT_EQ(next.body, "honest") << next.head;
  }
  EXPECT_EQ(client.read_exactly(0), "");
  expect_others_unharmed();
}

const auto kName = [](const auto& info) { return info.param.name; };
INSTANTIATE_TEST_SUITE_P(Framing, Liar, ::testing::ValuesIn(framing_lies()), kName);
INSTANTIATE_TEST_SUITE_P(Heads, Liar, ::testing::ValuesIn(head_lies()), kName);
INSTANTIATE_TEST_SUITE_P(Behind, Liar, ::testing::ValuesIn(lies_behind_an_answer()), kName);

class Forger : public MetroTest {};

TEST_F(Forger, an_answer_before_its_request_is_no_later_requests) {
  const Event say, said;
  start_with_agent([say, said](RawConnection& peer) {
    for (auto head = peer.read_head(); !head.empty(); head = peer.read_head()) {
      peer.send(ok("honest"));
      if (!say.wait()) return;
      peer.send(kForged);
      said.set();
    }
  });
  auto client = connect();
  client.send(request("GET", "telemetry"));
  EXPECT_EQ(client.read_answer().body, "honest");
  say.set();
  ASSERT_TRUE(said.wait());
  // The connection waits for its next request and already holds an answer: it is not used again.
  client.send(request("GET", "telemetry"));
  EXPECT_EQ(client.read_answer().body, "honest");
  EXPECT_EQ(agent_->connections(), 2);
}

TEST_F(Forger, an_agent_does_not_speak_as_the_gateway) {
  SharedText source;
  start_with_agent(answer_each([&](const std::string&) {
    return "HTTP/1.1 200 OK\r\n" + source.get() + "Content-Length: 2\r\n\r\n{}";
  }));
  const std::pair<const char*, const char*> rows[] = {
      {"", "agent"},
      {"X-Wye-Source: gateway\r\n", "agent"},
      {"X-Wye-Source: target\r\nx-wye-source: gateway\r\n", "target"},
      {"X-Wye-Source: gateway\r\nX-Wye-Source: target\r\n", "agent"}};
  for (const auto& [fields, shown] : rows) {
    source = fields;
    const auto answer = get("telemetry");
    EXPECT_TRUE(answer.has(std::string("X-Wye-Source: ") + shown + "\r\n")) << fields;
    EXPECT_EQ(answer.head.find("gateway"), std::string::npos) << fields;
  }
}

TEST_F(Forger, no_reading_of_a_404_says_browser_gone) {
  SharedText body;
  start_with_agent(answer_each([&](const std::string&) { return json_answer(404, body.get()); }));
  std::string utf16;
  for (const char c : std::string(R"({"code":"browser_gone"})")) (utf16 += c) += '\0';
  const std::string deep =
      R"({"code":"browser_gone","x":)" + std::string(100, '[') + std::string(100, ']') + "}";
  for (const auto& text : {std::string("\xef\xbb\xbf{\"code\":\"browser_gone\"}"), utf16, deep,
                           std::string(R"({"code":"browser\u005fgone"})"),
                           std::string("{\"code\":\"browser\\u005Fgone\",\"x\":\"\xff\"}"),
                           std::string("{\"code\":\"browser_gone\",\"x\":\"\xff\"}"),
                           std::string(R"({"code":"x","code":"browser_gone"})"),
                           std::string(R"({"code":"browser_gone","x":1e999})"),
                           std::string("{\"code\":\"browser_gone\"} trailing")}) {
    body = text;
    const auto answer = get("telemetry/events");
    EXPECT_EQ(answer.status, 404);
    EXPECT_NE(answer.body.find(R"("code":"not_found")"), std::string::npos) << text;
    EXPECT_EQ(answer.body.find("browser_gone"), std::string::npos) << answer.body;
  }
}

TEST_F(Forger, a_body_that_is_nearly_all_framing_is_502) {
  start_with_agent(answer_each([](const std::string&) {
    std::string out = "HTTP/1.1 404 x\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (const char c : std::string(R"({"code":"browser_gone","x":")") + std::string(2000, 'x') + "\"}")
      out += "1;" + std::string(200, 'e') + "\r\n" + c + "\r\n";
    return out + "0\r\n\r\n";
  }));
  EXPECT_EQ(get("telemetry/events").status, 502);
}

TEST_F(Forger, a_token_goes_into_no_address_that_leads_elsewhere) {
  SharedText url;
  start_with_agent(answer_each([&](const std::string&) {
    return json_answer(200, R"([{"webSocketDebuggerUrl":")" + url.get() + R"("}])");
  }));
  for (const auto* bad : {"ws://evil.example/browser/cdp", "ws://metro.test.evil.example/browser/cdp",
                          "ws://metro.test@evil.example/browser/cdp", "ws://metro.test:1@evil/browser/cdp",
                          "http://metro.test/browser/cdp", "ws://metro.test/elsewhere", "/browser/cdp",
                          "ws://metro.test/browser/cdp#", "ws://METRO.test\\\\@evil/browser/x"}) {
    url = bad;
    EXPECT_EQ(ask(raw("GET", "/browser/cdp/json/list?jwt=" + token())).body.find("jwt="), std::string::npos)
        << bad;
  }
}

}  // namespace
}  // namespace wye::metro
