#include <poll.h>

#include <future>

#include "metro/record_lookup.h"
#include "metro/testing/metro_fixture.h"
#include "wire/testing/sample_tail.h"

// The rows of routing-contract §7 and vm-api §3, each by its name, and their order.
namespace wye::metro {
namespace {

using namespace testing;
using namespace std::chrono_literals;

const std::string kGone = R"({"code":"browser_gone","message":"browser not found"})";

class Answers : public MetroTest {
 protected:
  void expect_invalid(const std::string& bytes) {
    const auto answer = ask(bytes);
    EXPECT_EQ(answer.status, 401) << bytes;
    EXPECT_EQ(answer.body, "Invalid JWT") << bytes;
    EXPECT_TRUE(answer.has("Content-Type: text/plain\r\n")) << bytes;
    EXPECT_TRUE(answer.has("X-Wye-Source: gateway\r\n")) << bytes;
  }
  void expect_unavailable(const RawConnection::Answer& answer, int status) {
    EXPECT_EQ(answer.status, status);
    EXPECT_NE(answer.body.find(R"("code":"upstream_unavailable")"), std::string::npos) << answer.body;
    EXPECT_EQ(answer.body.find("browser_gone"), std::string::npos);
    EXPECT_TRUE(answer.has("X-Wye-Source: gateway\r\n"));
    EXPECT_EQ(answer.has("Retry-After: 1\r\n"), status == 503);
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

TEST_F(Answers, the_vms_own_answer_passes_untouched_behind_its_guard) {
  const std::string status = "HTTP/1.1 418 I am a teapot\r\n",
                    rest =
                        "X-Wye-Source: target\r\nSet-Cookie: a=b\r\nset-cookie: c=d\r\nContent-Security-"
                        "Policy: default-src 'self'\r\nContent-Length: 3\r\n\r\nabc";
  const auto vm = status + rest;
  start_with_agent(answer_each([&](const std::string&) { return vm; }));
  auto client = connect();
  // As programs ask; Node's fetch says how, too.
  client.send(request("GET", "curl/raw?url=x", "Sec-Fetch-Mode: cors\r\nUser-Agent: Kernel/JS 0.84\r\n"));
  const auto got = status + "Content-Security-Policy: sandbox\r\nX-Content-Type-Options: nosniff\r\n" + rest;
  EXPECT_EQ(client.read_exactly(got.size()), got);
}

TEST_F(Answers, in_a_web_browser_no_field_of_a_targets_acts_on_the_metros_origin) {
  const std::vector<std::string> acting = {"Set-Cookie: a=b",
                                           "set-cookie: c=d",
                                           "Clear-Site-Data: \"*\"",
                                           "Service-Worker-Allowed: /",
                                           "Strict-Transport-Security: max-age=1",
                                           "Alt-Svc: h3=\":1\"",
                                           "Refresh: 0;url=//x",
                                           "NEL: {}",
                                           "Report-To: {}",
                                           "Reporting-Endpoints: a=\"x\"",
                                           "Link: <//x>; rel=preconnect",
                                           "SourceMap: x",
                                           "WWW-Authenticate: Basic realm=x",
                                           "Access-Control-Allow-Origin: *",
                                           "Accept-CH: DPR",
                                           "Content-Security-Policy: report-uri //x",
                                           "Referrer-Policy: unsafe-url"};
  std::string fields;
  for (const auto& field : acting) fields += field + "\r\n";
  start_with_agent(answer_each([&](const std::string&) {
    return "HTTP/1.1 200 OK\r\nX-Wye-Source: target\r\n" + fields + "Content-Type: text/html\r\n" +
           "Content-Length: 3\r\n\r\nabc";
  }));
  for (const std::string says : {"Sec-Fetch-Site: cross-site", "sec-fetch-dest: document",
                                 "Origin: https://x", "Upgrade-Insecure-Requests: 1"}) {
    const auto answer = get("curl/raw?url=x", says + "\r\n");
    for (const auto& field : acting) {
      EXPECT_FALSE(answer.has("\n" + field + "\r\n")) << says << " " << field;
      EXPECT_TRUE(answer.has("\nX-Wye-Target-" + field + "\r\n")) << says << " " << field;
    }
    EXPECT_TRUE(answer.has("\nContent-Security-Policy: sandbox\r\n"));
    EXPECT_TRUE(answer.has("\nX-Content-Type-Options: nosniff\r\n"));
    EXPECT_TRUE(answer.has("\nReferrer-Policy: no-referrer\r\n"));
    EXPECT_TRUE(answer.has("\nContent-Type: text/html\r\n"));
  }
}

TEST_F(Answers, a_targets_sniffing_option_does_not_come_before_ours) {
  start_with_agent(answer_each([](const std::string&) {
    return std::string("HTTP/1.1 200 OK\r\nX-Content-Type-Options: sniff\r\nContent-Length: 0\r\n\r\n");
  }));
  const auto answer = get("telemetry");
  EXPECT_LT(answer.head.find("X-Content-Type-Options: nosniff"),
            answer.head.find("X-Content-Type-Options: sniff"));
}

TEST_F(Answers, a_vm_cannot_say_that_it_is_gone) {
  start_with_agent(answer_each([](const std::string&) {
    return json_answer(404, R"({"code":"browser_gone","message":"m","more":1})");
  }));
  const auto answer = get("telemetry/events");
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(answer.body, R"({"code":"not_found","message":"m","more":1})");
  EXPECT_TRUE(answer.has("X-Wye-Source: agent\r\n"));
}

TEST_F(Answers, a_vm_cannot_say_that_it_is_gone_in_chunks_or_without_a_type_or_until_close) {
  std::atomic<int> turn = 0;
  start_with_agent([&](RawConnection& peer) {
    peer.read_head();
    if (turn++ == 0)
      peer.send(
          "HTTP/1.1 404 X\r\nTransfer-Encoding: "
          "chunked\r\n\r\n9\r\n{\"code\":\"\r\ne\r\nbrowser_gone\"}\r\n0\r\n\r\n");
    else
      peer.send("HTTP/1.1 404 X\r\n\r\n{\"code\":\"browser_gone\"}");
  });
  EXPECT_EQ(get("telemetry/events").body, R"({"code":"not_found"})");
  EXPECT_EQ(get("telemetry%2Fevents").status, 404) << "an encoded slash is no way around it";
  EXPECT_EQ(get("%74elemetry/events").body, R"({"code":"not_found"})") << "nor is another spelling";
}

TEST_F(Answers, a_vm_cannot_say_that_it_is_gone_under_a_coding) {
  start_with_agent(answer_each([](const std::string& head) {
    EXPECT_EQ(head.find("Accept-Encoding"), std::string::npos);
    return "HTTP/1.1 404 X\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc";
  }));
  expect_unavailable(get("telemetry/events", "Accept-Encoding: gzip\r\n"), 502);
}

TEST_F(Answers, other_404s_of_a_registry_tail_pass_untouched) {
  SharedText body;
  start_with_agent(answer_each([&](const std::string&) { return json_answer(404, body.get()); }));
  const std::string big = R"({"code":"browser_gone","x":")" + std::string(70'000, 'x') + "\"}";
  for (const auto& text : {std::string(R"({"code": "no_events"})"), std::string("not json"),
                           std::string(R"(["browser_gone"])"), std::string(R"({"code":7})"), big}) {
    body = text;
    EXPECT_TRUE(get("telemetry/events").body == text) << text.substr(0, 40);
  }
  body = kGone;
  EXPECT_EQ(get("telemetry").body, kGone) << "only registry tails are read";
}

TEST_F(Answers, a_change_of_telemetry_is_told_before_it_is_answered) {
  std::vector<std::string> told;
  hooks_.telemetry_changed = [&](const std::string& id) { told.push_back(id); };
  start_with_agent(answer_each([](const std::string& head) {
    return json_answer(head.starts_with("PATCH") ? 400 : 201, R"({"config":{}})");
  }));
  auto client = connect();
  client.send(request("GET", "telemetry") + request("PATCH", "telemetry", "Content-Length: 2\r\n") + "{}");
  EXPECT_EQ(client.read_answer().status, 201);
  EXPECT_EQ(client.read_answer().status, 400);
  EXPECT_TRUE(told.empty());
  client.send(request("PUT", "telemetry", "Content-Length: 2\r\n") + "{}");
  const auto answer = client.read_answer();
  EXPECT_EQ(answer.status, 201);
  EXPECT_EQ(answer.body, R"({"config":{}})");
  EXPECT_EQ(told, std::vector<std::string>{kSession});
}

TEST_F(Answers, a_page_older_than_the_spool_comes_from_the_archive) {
  hooks_.archive_page = [](const std::string& id, const std::string& query) {
    return net::json_response(200, id + "|" + query);
  };
  start_with_agent(answer_each([](const std::string& head) {
    return head.find("old=1") != std::string::npos
               ? json_answer(410, R"({"code":"spool_trimmed","message":"m"})")
               : json_answer(410, R"({"code":"other"})");
  }));
  const auto answer = get("telemetry/events?old=1&limit=5");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, kSession + "|old=1&limit=5");
  EXPECT_EQ(get("telemetry/events?old=0").status, 410);
}

TEST_F(Answers, whether_a_browser_is_gone_waits_for_no_page_and_for_no_agent) {
  std::promise<void> release;
  const auto released = release.get_future().share();
  std::atomic<int> begun = 0, done = 0;
  const auto be_slow = [&] {
    ++begun;
    (void)released.wait_for(10s);
    ++done;
  };
  hooks_.telemetry_changed = [&](const std::string&) { be_slow(); };
  hooks_.archive_page = [&](const std::string&, const std::string&) {
    be_slow();
    return net::json_response(200, "[]");
  };
  directory_.set_record_lookup([](const std::string&) { return SessionState::gone; });
  start_with_agent(answer_each([](const std::string& head) {
    return head.starts_with("PUT") ? json_answer(201, R"({"config":{}})")
                                   : json_answer(410, R"({"code":"spool_trimmed","message":"m"})");
  }));
  std::vector<RawConnection> waiting;
  for (int i = 0; i < 4; ++i) {
    waiting.push_back(connect());
    waiting.back().send(i % 2 == 0 ? request("PUT", "telemetry", "Content-Length: 2\r\n") + "{}"
                                   : request("GET", "telemetry/events"));
  }
  while (begun < 2) std::this_thread::yield();
  EXPECT_EQ(
      ask(raw("GET", "/browser/kernel/" + kOtherSession + "/telemetry?jwt=" + token(kOtherSession))).body,
      kGone);
  EXPECT_EQ(done, 0) << "it was answered before those";
  release.set_value();
  for (auto& client : waiting) EXPECT_LT(client.read_answer().status, 300);
}

TEST_F(Answers, pages_of_one_session_are_bounded_and_leave_room_for_others) {
  std::promise<void> release;
  const auto released = release.get_future().share();
  hooks_.archive_page = [&](const std::string&, const std::string&) {
    (void)released.wait_for(10s);
    return net::json_response(200, "[]");
  };
  start_with_agent(answer_each(
      [](const std::string&) { return json_answer(410, R"({"code":"spool_trimmed","message":"m"})"); }));
  std::vector<RawConnection> waiting;
  for (std::size_t i = 0; i <= RecordLookup::kMaxPages; ++i) {
    waiting.push_back(connect());
    waiting.back().send(request("GET", "telemetry/events"));
  }
  int refused = 0;
  std::vector<pollfd> fds;
  for (auto& client : waiting) fds.push_back({client.fd(), POLLIN, 0});
  EXPECT_EQ(::poll(fds.data(), fds.size(), 10'000), 1) << "one is refused while all others wait";
  release.set_value();
  for (auto& client : waiting) refused += client.read_answer().status == 503 ? 1 : 0;
  EXPECT_EQ(refused, 1);
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
