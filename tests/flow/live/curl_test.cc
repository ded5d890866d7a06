// curl and curl/raw on real Chromium (vm-api §5), against a target that records and plays the wire.
#include <signal.h>

#include <array>
#include <future>
#include <latch>

#include "base/encoding.h"
#include "curl_live.h"

namespace wye::live {
namespace {

TEST_F(Curl, cookies_are_the_browsers_also_http_only_and_strict_ones) {
  script_ = [](const SeenRequest& request) {
    if (request.line.starts_with("GET /set"))
      return testing::answer(200, "set", "Set-Cookie: a=1; HttpOnly\r\nSet-Cookie: b=2; SameSite=Strict\r\n");
    return testing::answer(200, request.head);
  };
  const auto set = curl("/set").value();
  EXPECT_EQ(set.headers.at("set-cookie"),
            (std::vector<std::string>{"a=1; HttpOnly", "b=2; SameSite=Strict"}));
  EXPECT_NE(curl("/get").value().body.find("Cookie: a=1; b=2\r\n"), std::string::npos)
      << curl("/get").value().body;
}

TEST_F(Curl, any_status_is_an_answer_and_redirects_are_followed) {
  script_ = [](const SeenRequest& request) {
    if (request.line.starts_with("GET /1")) return testing::answer(302, "", "Location: /2\r\n");
    if (request.line.starts_with("GET /2")) return testing::answer(307, "", "Location: /3\r\n");
    return testing::answer(418, request.line.substr(0, request.line.rfind(' ')), "X-Kind: teapot\r\n");
  };
  const auto answer = curl("/1").value();
  EXPECT_EQ(answer.status, 418);
  EXPECT_EQ(answer.body, "GET /3");
  EXPECT_EQ(answer.headers.at("x-kind"), std::vector<std::string>{"teapot"});
  EXPECT_EQ(answer.route().via, Via::direct);
  auto raw = fetch("/1").value();
  EXPECT_EQ(raw.status(), 418);
  EXPECT_EQ(header(raw.headers(), "X-Wye-Source"), "target");
  EXPECT_EQ(header(raw.headers(), "X-Wye-Final-Url"), url("/3"));
}

TEST_F(Curl, every_method_travels_with_its_headers_and_body) {
  for (const std::string method : {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}) {
    CurlRequest request{.url = url("/x?" + method), .method = method};
    request.headers = {{"X-Mine", "1"}, {"Content-Type", "text/x-mine"}};
    const bool has_body = method != "GET" && method != "HEAD";
    if (has_body) request.body = "body of " + method;
    const auto answer = client_->browsers().curl(id_, request);
    ASSERT_TRUE(answer) << method << ": " << answer.error().message;
    const auto seen = target_.last_seen();
    EXPECT_EQ(seen.line, method + " /x?" + method + " HTTP/1.1");
    EXPECT_TRUE(has_line(seen, "X-Mine: 1")) << seen.head;
    EXPECT_EQ(seen.body, has_body ? "body of " + method : "");
    EXPECT_EQ(has_line(seen, "Content-Type: text/x-mine"), has_body) << seen.head;
    EXPECT_EQ(answer->body, method == "HEAD" ? "" : seen.body);
  }
}

TEST_F(Curl, the_target_sees_no_header_of_ours) {
  FetchRequest request{.headers = {{"Authorization", "Basic dTpw"}, {"X-Mine", "1"}}};
  ASSERT_TRUE(fetch("/", request));
  const auto seen = target_.last_seen();
  EXPECT_TRUE(has_line(seen, "X-Mine: 1")) << seen.head;
  EXPECT_TRUE(has_line(seen, "Authorization: Basic dTpw")) << "fields for the target belong to the target";
  const auto head = ascii_lower(seen.head);
  for (const auto* name : {"x-stainless", "x-kernel", "x-wye", "x-forwarded", "x-request-id", "wye-cpp",
                           "jwt", "chrome-extension"})
    EXPECT_EQ(head.find(name), std::string::npos) << name << " in " << seen.head;
  EXPECT_NE(head.find("user-agent: mozilla/5.0"), std::string::npos) << "the browser's own";
}

TEST_F(Curl, a_body_streams_as_it_comes) {
  std::latch first_was_read(1);
  script_ = [&](const SeenRequest&) {
    Play play{.bytes =
                  "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: "
                  "chunked\r\n\r\n5\r\nfirst\r\n"};
    play.more = [&](testing::PeerLine& line) {
      first_was_read.wait();
      line.send("6\r\nsecond\r\n0\r\n\r\n");
    };
    return play;
  };
  auto stream = fetch("/").value();
  std::array<char, 64> piece{};
  const auto size = stream.read(piece).value();
  EXPECT_EQ(std::string_view(piece.data(), size), "first") << "before the target has sent the rest";
  first_was_read.count_down();
  EXPECT_EQ(read_all(stream).value(), "second");
}

TEST_F(Curl, a_hundred_megabytes_arrive_whole) {
  constexpr std::size_t kSize = 100 << 20;
  std::string body(kSize, '\0');
  for (std::size_t i = 0; i < kSize; ++i) body[i] = static_cast<char>(i * 2654435761U >> 13);
  script_ = [&](const SeenRequest&) {
    return testing::answer(200, body, "Content-Type: application/octet-stream\r\n");
  };
  auto stream = fetch("/").value();
  const auto got = read_all(stream);
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_TRUE(*got == body) << got->size() << " bytes";
}

TEST_F(Curl, fifty_at_once_do_not_mix) {
  std::vector<std::future<std::string>> calls;
  for (int i = 0; i < 50; ++i)
    calls.push_back(std::async(std::launch::async, [this, i] {
      const auto answer = client_->browsers().curl(
          id_,
          {.url = url("/" + std::to_string(i)), .method = "POST", .body = "number " + std::to_string(i)});
      return answer ? answer->body : answer.error().message;
    }));
  for (int i = 0; i < 50; ++i)
    EXPECT_EQ(calls[static_cast<std::size_t>(i)].get(), "number " + std::to_string(i));
}

TEST_F(Curl, a_cut_body_never_looks_whole) {
  script_ = [](const SeenRequest&) {
    return Play{.bytes = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\nshort"};
  };
  const auto whole = curl("/");
  ASSERT_FALSE(whole);
  EXPECT_EQ(whole.error().status, 502);
  EXPECT_EQ(whole.error().code, "upstream_transport");
  auto stream = fetch("/").value();
  const auto body = read_all(stream);
  ASSERT_FALSE(body);
  EXPECT_EQ(body.error().code, "body_cut");
}

TEST_F(Curl, what_the_network_refuses_is_502_by_its_net_error) {
  const auto reply = [&](const std::string& target, int timeout_ms) {
    return call("POST", "/browsers/" + id_ + "/curl",
                R"({"url":")" + target + R"(","timeout_ms":)" + std::to_string(timeout_ms) + "}");
  };
  const auto nobody_listens = WireTap::free_port();
  const auto refused = reply("http://host.wye.internal:" + std::to_string(nobody_listens) + "/", 20'000);
  EXPECT_EQ(refused.status, 502) << refused.body;
  EXPECT_EQ(refused.code(), "upstream_transport");
  EXPECT_EQ(refused.json().at("net_error_name"), "ERR_CONNECTION_REFUSED");
  EXPECT_EQ(refused.json().at("net_error"), -102);
  EXPECT_EQ(refused.header("x-should-retry"), "false");
  script_ = [](const SeenRequest&) { return Play{.keep_open = true}; };
  const auto silent = reply(url("/"), 1000);
  EXPECT_EQ(silent.status, 502) << silent.body;
  EXPECT_EQ(silent.json().at("net_error_name"), "ERR_TIMED_OUT");
  EXPECT_EQ(reply("http://10.255.255.1/", 20'000).status, 502)
      << "the fence refuses private addresses at once";
}

TEST_F(Curl, a_caller_who_leaves_ends_the_request_at_the_target) {
  std::promise<void> asked;
  std::promise<void> hung_up;
  script_ = [&](const SeenRequest&) {
    Play play;
    play.more = [&](testing::PeerLine& line) {
      asked.set_value();
      line.wait_for_hangup();
      hung_up.set_value();
    };
    return play;
  };
  std::stop_source stop;
  auto caller = std::async(std::launch::async, [&] { return fetch("/", {}, {.stop = stop.get_token()}); });
  asked.get_future().get();
  stop.request_stop();
  EXPECT_EQ(caller.get().error().code, "cancelled");
  EXPECT_EQ(hung_up.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
}

// The first caller begins to make the hidden page; others wait for it.
TEST_F(Curl, a_caller_who_leaves_while_the_page_is_made_holds_up_nobody) {
  const auto chromium = find_chromium(find_agent(*server_, id_));
  ASSERT_EQ(::kill(chromium, SIGSTOP), 0);
  std::stop_source leave;
  auto left = std::async(std::launch::async, [&] {
    return client_->browsers().curl(id_, {.url = url("/")}, {.stop = leave.get_token()});
  });
  // When the agent has answered these calls, it has also read the other one.
  for (int i = 0; i < 50; ++i) ASSERT_EQ(call("GET", "/browsers/" + id_ + "/telemetry").status, 200);
  leave.request_stop();
  EXPECT_FALSE(left.get());
  const auto late = client_->browsers().curl(id_, {.url = url("/"), .timeout_ms = 1000});
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().status, 504) << "a caller waits for the page no longer than it asked";
  ASSERT_EQ(::kill(chromium, SIGCONT), 0);
  EXPECT_EQ(curl("/").value().status, 200);
}

TEST_F(Curl, a_page_that_crashed_is_made_anew) {
  ASSERT_EQ(curl("/").value().status, 200);
  for (const auto renderer : find_renderers(find_agent(*server_, id_), "--extension-process"))
    ASSERT_EQ(::kill(renderer, SIGKILL), 0);
  auto again = curl("/");
  while (!again && again.error().code == "upstream_transport")
    again = curl("/");  // the request under way has ended
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->status, 200);
}

TEST_F(Curl, bytes_that_are_no_text_come_as_base64_or_as_browsers_decode_them) {
  script_ = [](const SeenRequest&) {
    return testing::answer(200, std::string("\0\xff\x80z", 4), "Content-Type: application/octet-stream\r\n");
  };
  const auto binary = client_->browsers().curl(id_, {.url = url("/"), .response_encoding = "base64"}).value();
  EXPECT_EQ(binary.body, "AP+Aeg==");
  EXPECT_EQ(curl("/").value().body, std::string("\0\xef\xbf\xbd\xef\xbf\xbdz", 8));
}

TEST_F(Curl, what_makes_no_sense_is_refused_by_name) {
  const std::pair<const char*, const char*> rows[] = {
      {R"({})", "url"},
      {R"({"url":""})", "url"},
      {R"({"url":"/relative"})", "url"},
      {R"({"url":"ftp://x/"})", "http"},
      {R"({"url":"file:///etc/passwd"})", "http"},
      {R"({"url":"http://u:p@x/"})", "password"},
      {R"({"url":"http://x/","method":"TRACE"})", "method"},
      {R"({"url":"http://x/","timeout_ms":999})", "timeout_ms"},
      {R"({"url":"http://x/","timeout_ms":60001})", "timeout_ms"},
      {R"({"url":"http://x/","timeout_ms":"5"})", "timeout_ms"},
      {R"({"url":"http://x/","response_encoding":"hex"})", "response_encoding"},
      {R"({"url":"http://x/","headers":{"A":"b\r\nC: d"}})", "headers"},
      {R"({"url":"http://x/","headers":{"A B":"c"}})", "headers"},
      {R"({"url":"http://x/","headers":[]})", "headers"},
  };
  for (const auto& [body, named] : rows) {
    const auto reply = call("POST", "/browsers/" + id_ + "/curl", body);
    EXPECT_EQ(reply.status, 400) << body << " → " << reply.body;
    EXPECT_NE(reply.body.find(named), std::string::npos) << body << " → " << reply.body;
  }
  EXPECT_EQ(call("GET", "/browsers/" + id_ + "/curl").status, 405);
  EXPECT_EQ(target_.count(), 0u);
}

}  // namespace
}  // namespace wye::live
