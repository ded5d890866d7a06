#include "metro/testing/metro_fixture.h"

// What travels through the metro, and what does not.
namespace wye::metro {
namespace {

using namespace testing;
using namespace std::chrono_literals;

class Forwarding : public MetroTest {
 protected:
  // Starts an agent that answers with the head and body that it was sent.
  void start_with_mirror() {
    start_with_agent([](RawConnection& peer) {
      for (auto head = peer.read_head(); !head.empty(); head = peer.read_head()) {
        const auto at = head.find("Content-Length: ");
        std::string body;
        if (at != std::string::npos) body = peer.read_exactly(std::stoul(head.substr(at + 16)));
        if (head.find("Transfer-Encoding: chunked") != std::string::npos) body = peer.read_until("0\r\n\r\n");
        peer.send(ok(head + body));
      }
    });
  }
};

TEST_F(Forwarding, the_head_reaches_the_agent_with_what_belongs_to_it) {
  start_with_mirror();
  const auto seen = ask(raw(
      "POST", "/browser/kernel/" + kSession + "/process/%41b/stdin?path=%2Fa+b&jwt=" + token() + "&x=y&&z",
      "Content-Type: text/x\r\nAuthorization: Bearer sk_secret\r\nX-Custom:  v \r\nConnection: keep-alive, "
      "x-named\r\n"
      "X-Named: 1\r\nKeep-Alive: 5\r\nTE: trailers\r\nProxy-Authorization: p\r\nX-Forwarded-For: 6.6.6.6\r\n"
      "Forwarded: for=6.6.6.6\r\nX-Wye-Source: client\r\nExpect: 100-continue\r\n",
      "hello"));
  // 100 Continue is sent only when the body must be waited for.
  auto head = seen.body;
  const auto id_at = head.find("X-Request-Id: ");
  ASSERT_NE(id_at, std::string::npos) << head;
  const auto id_end = head.find("\r\n", id_at);
  EXPECT_GT(id_end, id_at + 14);
  head.erase(id_at, id_end + 2 - id_at);
  EXPECT_EQ(head,
            "POST /process/%41b/stdin?path=%2Fa+b&x=y&&z HTTP/1.1\r\nHost: metro.test\r\nContent-Type: "
            "text/x\r\nX-Custom: v\r\n"
            "Content-Length: 5\r\nX-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: "
            "metro.test\r\n\r\nhello");
}

TEST_F(Forwarding, a_request_id_of_the_clients_is_kept) {
  start_with_mirror();
  const auto seen = get("telemetry", "X-Request-Id: mine\r\n").body;
  EXPECT_NE(seen.find("X-Request-Id: mine\r\n"), std::string::npos);
  EXPECT_EQ(seen.find("X-Request-Id:"), seen.rfind("X-Request-Id:"));
}

TEST_F(Forwarding, the_public_origin_is_told_when_it_is_known) {
  options_.public_origin = MetroOrigin::parse("https://browsers.example:8443/").value();
  start_with_mirror();
  const auto seen = get("telemetry").body;
  EXPECT_NE(seen.find("X-Forwarded-Proto: https\r\nX-Forwarded-Host: browsers.example:8443\r\n"),
            std::string::npos)
      << seen;
}

TEST_F(Forwarding, the_jwt_is_taken_from_either_place_and_never_passed_on) {
  start_with_mirror();
  const auto jwt = token();
  const std::string rows[] = {
      raw("GET", "/browser/kernel/" + kSession + "/telemetry?jwt=" + jwt),
      raw("GET", "/browser/kernel/telemetry?jwt=" + jwt),
      raw("GET", "/browser/kernel/telemetry?jwt=" + jwt + "&jwt=" + jwt),
      raw("GET", "/browser/kernel/telemetry?%6awt=" + jwt + "&a=b&%6A%77t=" + jwt),
      raw("GET", "/browser/kernel/telemetry", "Authorization: Bearer " + jwt + "\r\n"),
      raw("GET", "/browser/kernel/telemetry", "authorization: bearer  " + jwt + "\r\n"),
      raw("GET", "/browser/webdriver/session/x", "Authorization: Bearer " + jwt + "\r\n"),
  };
  for (const auto& row : rows) {
    const auto answer = ask(row);
    EXPECT_EQ(answer.status, 200) << row;
    EXPECT_EQ(answer.body.find(jwt), std::string::npos) << row;
    EXPECT_EQ(answer.body.find("uthorization"), std::string::npos) << row;
  }
}

TEST_F(Forwarding, on_curl_raw_authorization_belongs_to_the_target) {
  start_with_mirror();
  EXPECT_EQ(
      ask(raw("GET", "/browser/kernel/curl/raw?url=x", "Authorization: Bearer " + token() + "\r\n")).status,
      401);
  const auto seen = get("curl/raw?url=x", "Authorization: Bearer theirs\r\n").body;
  EXPECT_NE(seen.find("Authorization: Bearer theirs\r\n"), std::string::npos);
}

TEST_F(Forwarding, path_tricks_do_not_leave_the_session) {
  start_with_mirror();
  directory_.add(kOtherSession, SessionState::live, net::Endpoint::unix_socket(socket_path_), 60s);
  const std::string tails[] = {"../" + kOtherSession + "/telemetry",
                               "telemetry/../../" + kOtherSession,
                               "%2e%2e/x",
                               "telemetry/%2E%2e/x",
                               "telemetry/.%2e/x",
                               "fs%2Fread_file",
                               "telemetry%00",
                               "telemetry/%0d%0aX",
                               "telemetry%5c..%5cx",
                               "./telemetry",
                               "telemetry/./x",
                               "telemetry//stream",
                               "/telemetry",
                               "telemetry%zz",
                               "telemetry/%"};
  for (const auto& tail : tails) {
    const auto answer = get(tail);
    EXPECT_EQ(answer.status, 404) << tail;
    EXPECT_NE(answer.body.find("not_found"), std::string::npos) << tail << answer.body;
  }
  EXPECT_EQ(agent_->connections(), 0);
  EXPECT_EQ(ask(raw("GET", "/browser/cdp/../kernel/telemetry?jwt=" + token())).status, 404);
  EXPECT_EQ(ask(raw("GET", "/browser/kernelx/telemetry?jwt=" + token())).status, 404);
}

TEST_F(Forwarding, other_surfaces_reach_the_agent_by_their_whole_path) {
  start_with_mirror();
  for (const std::string path :
       {"/browser/cdp/devtools/page/x", "/browser/webdriver/session", "/browser/live"})
    EXPECT_TRUE(
        ask(raw("GET", path + "?a=b&jwt=" + token())).body.starts_with("GET " + path + "?a=b HTTP/1.1\r\n"))
        << path;
}

TEST_F(Forwarding, target_lists_get_the_jwt_into_their_urls) {
  start_with_agent(answer_each([](const std::string& head) {
    if (head.starts_with("GET /browser/cdp/json/version"))
      return json_answer(200, R"({"webSocketDebuggerUrl":"ws://metro.test/browser/cdp/devtools/browser/1"})");
    return json_answer(
        200,
        R"([{"id":"a","webSocketDebuggerUrl":"ws://metro.test/browser/cdp/devtools/page/a?x=y"},{"id":"b"}])");
  }));
  const auto jwt = token();
  EXPECT_EQ(ask(raw("GET", "/browser/cdp/json/version/?jwt=" + jwt)).body,
            R"({"webSocketDebuggerUrl":"ws://metro.test/browser/cdp/devtools/browser/1?jwt=)" + jwt + "\"}");
  EXPECT_EQ(ask(raw("GET", "/browser/cdp/json/list?jwt=" + jwt)).body,
            R"([{"id":"a","webSocketDebuggerUrl":"ws://metro.test/browser/cdp/devtools/page/a?x=y&jwt=)" +
                jwt + R"("},{"id":"b"}])");
}

TEST_F(Forwarding, connections_are_reused_on_both_sides) {
  start_with_mirror();
  auto client = connect();
  for (int i = 0; i < 5; ++i) {
    client.send(request("POST", "computer/click_mouse", "", "{}"));
    EXPECT_EQ(client.read_answer().status, 200);
  }
  client.send(request("GET", "telemetry") + request("GET", "telemetry") +
              request("POST", "fs/upload", "Transfer-Encoding: chunked\r\n") + "1\r\na\r\n0\r\n\r\n" +
              request("GET", "telemetry"));
  for (int i = 0; i < 4; ++i) EXPECT_EQ(client.read_answer().status, 200) << i;
  EXPECT_EQ(agent_->connections(), 1);
}

TEST_F(Forwarding, bytes_behind_an_answer_are_not_taken_for_the_next_one) {
  start_with_agent([](RawConnection& peer) {
    peer.read_head();
    peer.send(ok("one") + ok("evil"));
    peer.read_to_end();
  });
  auto client = connect();
  for (int i = 0; i < 2; ++i) {
    client.send(request("GET", "telemetry"));
    EXPECT_EQ(client.read_answer().body, "one");
  }
  EXPECT_EQ(agent_->connections(), 2);
}

TEST_F(Forwarding, a_kept_connection_that_the_agent_closed_is_replaced_unseen) {
  start_with_agent([](RawConnection& peer) {
    peer.read_head();
    peer.send(ok("one"));
  });
  auto client = connect();
  for (int i = 0; i < 3; ++i) {
    client.send(request("GET", "telemetry"));
    EXPECT_EQ(client.read_answer().body, "one");
  }
}

TEST_F(Forwarding, interim_answers_are_not_passed_on) {
  start_with_agent(answer_each([](const std::string&) {
    return "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + ok("done");
  }));
  EXPECT_EQ(get("telemetry").body, "done");
}

TEST_F(Forwarding, head_and_bodiless_answers) {
  start_with_agent(answer_each([](const std::string& head) -> std::string {
    if (head.starts_with("HEAD ")) return "HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n";
    return head.find("/a/") != std::string::npos ? "HTTP/1.1 204 No Content\r\n\r\n"
                                                 : "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n";
  }));
  auto client = connect();
  client.send(request("HEAD", "fs/read_file"));
  EXPECT_TRUE(client.read_answer(true).has("Content-Length: 1234\r\n"));
  client.send(request("GET", "process/a/status"));
  EXPECT_EQ(client.read_answer().status, 204);
  client.send(request("GET", "process/b/status"));
  EXPECT_EQ(client.read_answer().status, 304);
}

TEST_F(Forwarding, http_1_0_gets_the_payload_of_chunks) {
  start_with_agent(answer_each([](const std::string&) {
    return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
  }));
  auto client = connect();
  client.send("GET /browser/kernel/telemetry?jwt=" + token() + " HTTP/1.0\r\n\r\n");
  const auto answer = client.read_answer();
  EXPECT_FALSE(answer.has("Transfer-Encoding"));
  EXPECT_EQ(answer.body, "abcde");
}

TEST_F(Forwarding, an_answer_until_close_ends_the_clients_connection) {
  start_with_agent([](RawConnection& peer) {
    peer.read_head();
    peer.send("HTTP/1.1 200 OK\r\n\r\nabc");
  });
  auto client = connect();
  client.send(request("GET", "telemetry"));
  const auto answer = client.read_answer();
  EXPECT_TRUE(answer.has("Connection: close"));
  EXPECT_EQ(answer.body, "abc");
  EXPECT_TRUE(client.at_end());
}

TEST_F(Forwarding, a_cut_answer_never_looks_complete) {
  std::atomic<bool> chunked = false;
  start_with_agent([&](RawConnection& peer) {
    peer.read_head();
    peer.send(chunked ? "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"
                      : "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc");
  });
  auto client = connect();
  client.send(request("GET", "telemetry"));
  EXPECT_LT(client.read_answer().body.size(), 5U);
  chunked = true;
  auto other = connect();
  other.send(request("GET", "telemetry"));
  EXPECT_FALSE(other.read_answer().complete);
}

TEST_F(Forwarding, big_bodies_pass_both_ways) {
  std::string big(10'000'000, 'b');
  for (std::size_t i = 0; i < big.size(); i += 997) big[i] = static_cast<char>('a' + i % 26);
  start_with_agent([&](RawConnection& peer) {
    for (auto head = peer.read_head(); !head.empty(); head = peer.read_head()) {
      EXPECT_TRUE(peer.read_exactly(big.size()) == big);
      peer.send(ok(big));
    }
  });
  auto client = connect();
  for (int i = 0; i < 2; ++i) {
    client.send(request("PUT", "fs/write_file?path=x", "", big));
    EXPECT_TRUE(client.read_answer().body == big);
  }
}

TEST_F(Forwarding, both_bodies_may_flow_at_once) {
  start_with_agent([](RawConnection& peer) {
    peer.read_head();
    peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 3; ++i) peer.send("1\r\n" + peer.read_exactly(1) + "\r\n");
    peer.send("0\r\n\r\n");
    peer.read_to_end();
  });
  auto client = connect();
  client.send(request("POST", "curl/raw?url=x", "Content-Length: 3\r\n"));
  client.read_head();
  for (const std::string byte : {"a", "b", "c"}) {
    client.send(byte);
    EXPECT_EQ(client.read_until(byte + "\r\n"), "1\r\n" + byte + "\r\n");
  }
  EXPECT_EQ(client.read_until("0\r\n\r\n"), "0\r\n\r\n");
}

TEST_F(Forwarding, a_slow_body_is_passed_on_as_it_comes) {
  const Event first;
  start_with_agent([=](RawConnection& peer) {
    peer.read_head();
    EXPECT_EQ(peer.read_until("one"), "3\r\none");
    first.set();
    EXPECT_EQ(peer.read_until("0\r\n\r\n"), "\r\n3\r\ntwo\r\n0\r\n\r\n");
    peer.send(ok("done"));
    peer.read_to_end();
  });
  auto client = connect();
  client.send(request("POST", "fs/upload", "Transfer-Encoding: chunked\r\n"));
  client.send("3\r\none");
  EXPECT_TRUE(first.wait());
  client.send("\r\n3\r\ntwo\r\n0\r\n\r\n");
  EXPECT_EQ(client.read_answer().body, "done");
}

TEST_F(Forwarding, expect_100_is_answered_by_the_metro) {
  start_with_mirror();
  auto client = connect();
  client.send(request("POST", "fs/upload", "Content-Length: 2\r\nExpect: 100-continue\r\n"));
  EXPECT_EQ(client.read_answer().status, 100);
  client.send("ab");
  EXPECT_EQ(client.read_answer().status, 200);
}

TEST_F(Forwarding, a_body_that_is_not_validly_chunked_is_400_and_never_complete_for_the_agent) {
  const Event cut;
  start_with_agent([=](RawConnection& peer) {
    peer.read_head();
    if (peer.read_to_end().find("0\r\n\r\n") == std::string::npos) cut.set();
  });
  auto client = connect();
  client.send(request("POST", "fs/upload", "Transfer-Encoding: chunked\r\n"));
  client.send("1\r\na\r\nzz\r\n0\r\n\r\n");
  EXPECT_EQ(client.read_answer().status, 400);
  EXPECT_TRUE(cut.wait());
}

TEST_F(Forwarding, a_client_that_cuts_its_body_ends_the_agents_call) {
  const Event cut;
  start_with_agent([=](RawConnection& peer) {
    peer.read_head();
    EXPECT_EQ(peer.read_to_end(), "abc");
    cut.set();
  });
  auto client = connect();
  client.send(request("POST", "fs/upload", "Content-Length: 10\r\n"));
  client.send("abc");
  client.close();
  EXPECT_TRUE(cut.wait());
}

TEST_F(Forwarding, an_answer_before_the_whole_request_is_passed_on_and_ends_the_connection) {
  start_with_agent([](RawConnection& peer) {
    peer.read_head();
    peer.send(json_answer(413, R"({"code":"payload_too_large"})"));
    peer.read_to_end();
  });
  auto client = connect();
  client.send(request("POST", "fs/upload", "Content-Length: 1000000\r\n"));
  const auto answer = client.read_answer();
  EXPECT_EQ(answer.status, 413);
  EXPECT_TRUE(answer.has("Connection: close"));
  EXPECT_TRUE(client.at_end());
}

TEST_F(Forwarding, a_client_that_sends_its_body_to_the_end_still_sees_the_early_answer) {
  start_with_agent([](RawConnection& peer) {
    peer.read_head();
    peer.send(json_answer(413, R"({"code":"payload_too_large"})"));
  });
  const std::string body(32 << 20, 'b');
  auto client = connect();
  client.send(request("POST", "fs/upload", "Content-Length: " + std::to_string(body.size()) + "\r\n"));
  client.send(body);
  EXPECT_EQ(client.read_answer().status, 413);
}

TEST_F(Forwarding, a_client_that_goes_away_ends_the_agents_call) {
  const Event asked;
  const Event ended;
  start_with_agent([=](RawConnection& peer) {
    peer.read_head();
    peer.read_exactly(2);
    asked.set();
    if (peer.at_end()) ended.set();
  });
  auto client = connect();
  client.send(request("POST", "process/exec", "", "{}"));
  EXPECT_TRUE(asked.wait());
  client.close();
  EXPECT_TRUE(ended.wait());
}

TEST_F(Forwarding, a_client_that_does_not_read_is_dropped) {
  options_.proxy.stalled_client = 50ms;
  const Event ended;
  start_with_agent([=](RawConnection& peer) {
    peer.read_head();
    peer.send("HTTP/1.1 200 OK\r\n\r\n");
    const std::string block(1 << 20, 'x');
    for (int i = 0; i < 1000; ++i)
      if (!peer.send(block)) return ended.set();
  });
  auto client = connect();
  client.send(request("GET", "fs/read_file?path=x"));
  client.read_head();
  EXPECT_TRUE(ended.wait()) << "the agent is not read without bound, and is let go";
}

}  // namespace
}  // namespace wye::metro
