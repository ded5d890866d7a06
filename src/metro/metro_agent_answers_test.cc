#include "metro/testing/metro_fixture.h"

// Which of an agent's answers pass the metro, and which it corrects (vm-api §3, routing-contract §7).
namespace wye::metro {
namespace {

using namespace testing;

class AgentAnswers : public MetroTest {};

TEST_F(AgentAnswers, the_vms_own_answer_passes_untouched_behind_its_guard) {
  const std::string status = "HTTP/1.1 418 I am a teapot\r\n",
                    rest =
                        "X-Wye-Source: target\r\nSet-Cookie: a=b\r\nset-cookie: c=d\r\nContent-Security-"
                        "Policy: default-src 'self'\r\nContent-Length: 3\r\n\r\nabc";
  const auto vm = status + rest;
  start_with_agent(answer_each([&](const std::string&) { return vm; }));
  auto client = connect();
  // Asks as a program does; Node's fetch sends this field, too.
  client.send(request("GET", "curl/raw?url=x", "Sec-Fetch-Mode: cors\r\nUser-Agent: Kernel/JS 0.84\r\n"));
  const auto got = status + "Content-Security-Policy: sandbox\r\nX-Content-Type-Options: nosniff\r\n" + rest;
  EXPECT_EQ(client.read_exactly(got.size()), got);
}

TEST_F(AgentAnswers, in_a_web_browser_no_field_of_a_targets_acts_on_the_metros_origin) {
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

TEST_F(AgentAnswers, a_targets_sniffing_option_does_not_come_before_ours) {
  start_with_agent(answer_each([](const std::string&) {
    return std::string("HTTP/1.1 200 OK\r\nX-Content-Type-Options: sniff\r\nContent-Length: 0\r\n\r\n");
  }));
  const auto answer = get("telemetry");
  EXPECT_LT(answer.head.find("X-Content-Type-Options: nosniff"),
            answer.head.find("X-Content-Type-Options: sniff"));
}

TEST_F(AgentAnswers, a_vm_cannot_say_that_it_is_gone) {
  start_with_agent(answer_each([](const std::string&) {
    return json_answer(404, R"({"code":"browser_gone","message":"m","more":1})");
  }));
  const auto answer = get("telemetry/events");
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(answer.body, R"({"code":"not_found","message":"m","more":1})");
  EXPECT_TRUE(answer.has("X-Wye-Source: agent\r\n"));
}

TEST_F(AgentAnswers, a_vm_cannot_say_that_it_is_gone_in_chunks_or_without_a_type_or_until_close) {
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

TEST_F(AgentAnswers, a_vm_cannot_say_that_it_is_gone_under_a_coding) {
  start_with_agent(answer_each([](const std::string& head) {
    EXPECT_EQ(head.find("Accept-Encoding"), std::string::npos);
    return "HTTP/1.1 404 X\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc";
  }));
  expect_unavailable(get("telemetry/events", "Accept-Encoding: gzip\r\n"), 502);
}

TEST_F(AgentAnswers, other_404s_of_a_registry_tail_pass_untouched) {
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

}  // namespace
}  // namespace wye::metro
