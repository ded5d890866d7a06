#include "metro/testing/metro_fixture.h"
#include "wire/testing/sample_tail.h"

// The rows of routing-contract §7 and vm-api §3, each by its name, and their order.
namespace wye::metro {
namespace {

using namespace testing;
using namespace std::chrono_literals;

class Answers : public MetroTest {
 protected:
  void expect_invalid(const std::string& bytes) {
    const auto answer = ask(bytes);
    EXPECT_EQ(answer.status, 401) << bytes;
    EXPECT_EQ(answer.body, "Invalid JWT") << bytes;
    EXPECT_TRUE(answer.has("Content-Type: text/plain\r\n")) << bytes;
    EXPECT_TRUE(answer.has("X-Wye-Source: gateway\r\n")) << bytes;
  }
  const std::string base = "/browser/kernel/" + kSession + "/telemetry?jwt=";
};

TEST_F(Answers, a_missing_malformed_forged_or_expired_jwt_is_401) {
  start_with_agent(answer_each([](const std::string&) { return ok("never"); }));
  const TokenVerifier stranger("another secret");
  TokenClaims claims;
  claims.session_id = kSession;
  claims.exp = 1'900'000'000;
  expect_invalid(raw("GET", "/browser/kernel/" + kSession + "/telemetry"));
  expect_invalid(raw("GET", base));
  expect_invalid(raw("GET", base + "x"));
  expect_invalid(raw("GET", base + token().substr(1)));
  expect_invalid(raw("GET", base + stranger.sign(claims)));
  expect_invalid(raw("GET", base + token(kSession, clock_.unix_seconds)));
  expect_invalid(raw("GET", base + "x&jwt=" + token()));
  expect_invalid(raw("GET", "/browser/cdp"));
  expect_invalid(raw("GET", "/browser/kernel/telemetry", "Authorization: Basic " + token() + "\r\n"));
}

TEST_F(Answers, a_jwt_of_another_session_is_401) {
  start_with_agent(answer_each([](const std::string&) { return ok("never"); }));
  directory_.add(kOtherSession, SessionState::live, net::Endpoint::unix_socket(socket_path_), 60s);
  expect_invalid(raw("GET", base + token(kOtherSession)));
}

TEST_F(Answers, an_expired_token_that_was_remembered_is_401) {
  start_with_agent(answer_each([](const std::string&) { return ok("ok"); }));
  auto client = connect();
  const auto bytes = raw("GET", base + token(kSession, clock_.unix_seconds + 10));
  client.send(bytes);
  EXPECT_EQ(client.read_answer().status, 200);
  clock_.unix_seconds += 10;
  client.send(bytes);
  EXPECT_EQ(client.read_answer().status, 401);
}

TEST_F(Answers, the_signature_comes_before_liveness) {
  directory_.add(kSession, SessionState::gone, {}, 60s);
  start();
  expect_invalid(raw("GET", base + "x"));
}

TEST_F(Answers, a_session_gone_is_404_browser_gone) {
  directory_.add(kSession, SessionState::gone, {}, 60s);
  start();
  for (const std::string tail : {"telemetry/events", "process/exec", "display", "x"}) {
    const auto answer = get(tail);
    EXPECT_EQ(answer.status, 404);
    EXPECT_EQ(answer.body, kGone);
    EXPECT_TRUE(answer.has("Content-Type: application/json\r\n"));
    EXPECT_TRUE(answer.has("X-Wye-Source: gateway\r\n"));
  }
}

TEST_F(Answers, a_session_gone_on_record_only_is_404_browser_gone_and_asked_for_once) {
  std::atomic<int> asked = 0;
  directory_.set_record_lookup([&](const std::string& id) {
    ++asked;
    return id == kSession ? SessionState::gone : SessionState::unknown;
  });
  start();
  EXPECT_EQ(get("telemetry").body, kGone);
  EXPECT_EQ(get("telemetry").body, kGone);
  EXPECT_EQ(asked, 1);
}

TEST_F(Answers, a_session_not_on_record_is_503_and_never_gone) {
  start();
  expect_unavailable(get("telemetry"), 503);
}

TEST_F(Answers, a_session_ending_is_503_with_retry_after) {
  directory_.add(kSession, SessionState::ending, net::Endpoint::unix_socket(socket_path_), 60s);
  start();
  expect_unavailable(get("telemetry/events"), 503);
  expect_unavailable(get("not/served"), 503);
}

TEST_F(Answers, a_path_not_served_is_404_not_found) {
  start_with_agent(answer_each([](const std::string&) { return ok("never"); }));
  for (const std::string tail : {"display", "chromium/flags", "configure", "scaletozero/enable", "extensions",
                                 "replays", "healthz", "wye/x", "spec.yaml", "", "nothing"}) {
    const auto answer = get(tail);
    EXPECT_EQ(answer.status, 404) << tail;
    EXPECT_NE(answer.body.find(R"("code":"not_found")"), std::string::npos) << tail;
  }
  EXPECT_EQ(ask(raw("GET", "/elsewhere")).status, 404);
  EXPECT_EQ(agent_->connections(), 0);
}

TEST_F(Answers, an_agent_that_refuses_is_503) {
  directory_.add(kSession, SessionState::live, net::Endpoint::unix_socket(socket_path_), 60s);
  start();
  expect_unavailable(get("telemetry"), 503);
}

TEST_F(Answers, a_session_still_being_made_is_503) {
  directory_.add(kSession, SessionState::creating, net::Endpoint::unix_socket(socket_path_), 60s);
  start();
  expect_unavailable(get("telemetry"), 503);
}

TEST_F(Answers, a_connection_lost_midway_is_502) {
  start_with_agent([](RawConnection& peer) { peer.read_head(); });
  const auto read = get("fs/list_files?path=/");
  expect_unavailable(read, 502);
  EXPECT_FALSE(read.has("x-should-retry"));
}

TEST_F(Answers, a_connection_lost_when_the_operation_may_have_run_says_not_to_retry) {
  start_with_agent([](RawConnection& peer) { peer.read_head(); });
  for (const std::string tail :
       {"process/exec", "computer/click_mouse", "playwright/execute", "curl", "fs/move", "process/x/stdin"}) {
    const auto answer = ask(request(tail == "fs/move" ? "PUT" : "POST", tail, "", "{}"));
    expect_unavailable(answer, 502);
    EXPECT_TRUE(answer.has("x-should-retry: false\r\n")) << tail;
  }
}

TEST_F(Answers, an_answer_that_is_not_http_is_502) {
  SharedText answer;
  start_with_agent([&](RawConnection& peer) {
    peer.read_head();
    peer.send(answer.get());
    peer.end_writing();
    peer.read_to_end();
  });
  for (const std::string text :
       {"nonsense\r\n\r\n", "HTTP/1.1 200 OK\n\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: y\r\n z\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}) {
    answer = text;
    expect_unavailable(get("telemetry"), 502);
  }
  answer = "HTTP/1.1 200 OK\r\nX: " + std::string(40'000, 'x') + "\r\n\r\n";
  expect_unavailable(get("telemetry"), 502);
}

TEST_F(Answers, a_head_that_does_not_come_is_504) {
  options_.proxy.head = 30ms;
  options_.proxy.brief_head = 1h;
  start_with_agent([](RawConnection& peer) { peer.read_to_end(); });
  const auto answer = ask(request("POST", "computer/click_mouse", "", "{}"));
  expect_unavailable(answer, 504);
  EXPECT_TRUE(answer.has("x-should-retry: false\r\n"));
  EXPECT_FALSE(ask(request("DELETE", "fs/watch/x")).has("x-should-retry"));
}

TEST_F(Answers, short_reads_have_less_time) {
  options_.proxy.head = 1h;
  options_.proxy.brief_head = 30ms;
  start_with_agent([](RawConnection& peer) { peer.read_to_end(); });
  expect_unavailable(get("telemetry/events"), 504);
}

TEST_F(Answers, a_long_call_lasts_as_long_as_the_heart_beats) {
  options_.proxy.head = 1ms;
  options_.proxy.heartbeat_every = 20ms;
  options_.proxy.heartbeat_missed = 10s;
  const auto beats = std::make_shared<std::atomic<int>>(0);
  const Event enough;
  start_with_agent([=](RawConnection& peer) {
    const auto head = peer.read_head();
    if (head.starts_with("GET /heartbeat ")) {
      if (++*beats == 3) enough.set();
      peer.send(json_answer(503, "{}"));
      return;
    }
    EXPECT_TRUE(enough.wait());
    peer.send(ok("done"));
    peer.read_to_end();
  });
  EXPECT_EQ(ask(request("POST", "process/exec", "", "{}")).body, "done");
}

TEST_F(Answers, a_long_call_is_504_when_the_heart_stops) {
  options_.proxy.heartbeat_every = 10ms;
  options_.proxy.heartbeat_missed = 60ms;
  start_with_agent([](RawConnection& peer) { peer.read_to_end(); });
  const auto answer = ask(request("POST", "playwright/execute", "", "{}"));
  expect_unavailable(answer, 504);
  EXPECT_TRUE(answer.has("x-should-retry: false\r\n"));
}

TEST_F(Answers, what_the_metro_itself_does_not_have_yet_is_501_by_its_name) {
  start_with_agent(answer_each([](const std::string&) { return ok("never"); }));
  const auto answer = ask(raw("GET", "/browser/replays/x?jwt=" + token()));
  EXPECT_EQ(answer.status, 501);
  EXPECT_TRUE(answer.has("x-should-retry: false\r\n")) << "clients would send it again";
  EXPECT_TRUE(answer.has("X-Wye-Source: gateway\r\n"));
  EXPECT_NE(answer.body.find(R"("code":"not_implemented")"), std::string::npos) << answer.body;
  EXPECT_NE(answer.body.find("browser/replays/x"), std::string::npos) << answer.body;
  EXPECT_EQ(agent_->connections(), 0);
}

TEST_F(Answers, a_call_with_another_method_is_405_and_says_which_it_takes) {
  start_with_agent(answer_each([](const std::string&) { return ok("never"); }));
  const auto answer = ask(request("DELETE", "telemetry/events"));
  EXPECT_EQ(answer.status, 405);
  EXPECT_TRUE(answer.has("Allow: GET, HEAD, POST\r\n"));
  EXPECT_TRUE(answer.has("X-Wye-Source: gateway\r\n"));
  EXPECT_NE(answer.body.find(R"("code":"method_not_allowed")"), std::string::npos) << answer.body;
  EXPECT_EQ(ask(request("GET", "process/exec")).status, 405);
  EXPECT_EQ(agent_->connections(), 0);
}

TEST_F(Answers, what_is_between_server_and_agent_is_no_call_of_a_client) {
  start_with_agent(answer_each([](const std::string&) { return ok("never"); }));
  for (const auto& call : wire::vm_calls().rows()) {
    if (call.reach != wire::Reach::agent || call.method == "*") continue;
    EXPECT_EQ(ask(request(std::string(call.method), wire::testing::sample_tail(call))).status, 404)
        << call.tail;
  }
  EXPECT_EQ(agent_->connections(), 0);
}

TEST_F(Answers, a_devtools_client_at_a_wrong_url_is_told_the_right_one) {
  start_with_agent(answer_each([](const std::string&) { return ok("never"); }));
  const std::string upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
  const auto base_url = "/browser/kernel/" + kSession;
  for (const auto& bytes :
       {raw("GET", "/json/version"), raw("GET", "/json/version/"), raw("GET", "/json"),
        raw("GET", "/", upgrade), raw("GET", "/devtools/browser/x", upgrade), raw("GET", base_url, upgrade),
        raw("GET", base_url + "/", upgrade), raw("GET", base_url + "/json/version"),
        raw("GET", base_url + "?jwt=" + token(), upgrade),
        raw("GET", base_url + "/devtools/browser?jwt=" + token(), upgrade)}) {
    const auto answer = ask(bytes);
    EXPECT_EQ(answer.status, 404) << bytes;
    EXPECT_NE(answer.body.find("cdp_ws_url"), std::string::npos) << bytes;
    EXPECT_NE(answer.body.find("ws://metro.test/browser/cdp?jwt="), std::string::npos) << answer.body;
    EXPECT_EQ(answer.body.find(token()), std::string::npos) << "no secret in it";
  }
  EXPECT_EQ(ask(raw("GET", "/elsewhere")).body.find("cdp_ws_url"), std::string::npos);
  EXPECT_EQ(agent_->connections(), 0);
}

TEST_F(Answers, a_malformed_request_is_400_json) {
  start_with_agent(answer_each([](const std::string&) { return ok("never"); }));
  for (const auto& text :
       {std::string("x\r\n\r\n"), raw("POST", "/", "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"),
        raw("GET", "/\x01")}) {
    const auto answer = ask(text);
    EXPECT_EQ(answer.status, 400) << text;
    EXPECT_NE(answer.body.find(R"("code":"bad_request")"), std::string::npos);
  }
}

TEST_F(Answers, secrets_are_not_logged) {
  start_with_agent([](RawConnection& peer) { peer.read_head(); });
  get("telemetry");
  metro_->stop();
  EXPECT_NE(logged_.find("a call to an agent failed"), std::string::npos);
  EXPECT_EQ(logged_.find(token()), std::string::npos);
}

}  // namespace
}  // namespace wye::metro
