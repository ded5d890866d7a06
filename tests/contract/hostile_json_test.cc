// A server whose JSON breaks the API: typed calls end in an error, streams end, and no answer plants a route.
#include "contract_fixture.h"
#include "wye/browsers.h"
#include "wye/telemetry_stream.h"

namespace wye {
namespace {

using testing::PeerLine;
using testing::Play;
using testing::SeenRequest;

class HostileJson : public Contract {
 protected:
  void serve(int status, const std::string& body,
             const std::string& headers = "Content-Type: application/json\r\n") {
    control_script_ = [=](const SeenRequest&) { return testing::answer(status, body, headers); };
  }
  // Retrieves the session; the peer gives every path the same answer.
  Result<Reached<Browser>> retrieve() { return client().browsers().retrieve(kSession); }
};

TEST_F(HostileJson, what_is_no_browser_is_a_bad_answer) {
  const std::string deep = std::string(200'000, '[') + std::string(200'000, ']');
  for (const auto& body : {std::string(),
                           std::string("null"),
                           std::string("[]"),
                           std::string("7"),
                           std::string("{"),
                           std::string("{}{}"),
                           std::string("\xef\xbb\xbf{}"),
                           std::string("{\"session_id\":\"\xff\xfe\"}"),
                           std::string("{'a':1}"),
                           std::string(R"({"session_id":7})"),
                           std::string(R"({"timeout_seconds":1e400})"),
                           std::string(R"({"timeout_seconds":18446744073709551616})"),
                           std::string(R"({"timeout_seconds":1.5})"),
                           std::string(R"({"viewport":{"width":"x"}})"),
                           std::string(R"({"tags":{"a":7}})"),
                           std::string(R"({"usage":{"uptime_ms":-9223372036854775809}})"),
                           deep,
                           "{\"tags\":" + deep + "}",
                           std::string(R"({"session_id":"a\ud800"})"),
                           std::string("<html>")}) {
    serve(200, body);
    const auto browser = retrieve();
    ASSERT_FALSE(browser) << body.substr(0, 60);
    EXPECT_EQ(browser.error().code, "bad_answer") << body.substr(0, 60);
    EXPECT_LT(browser.error().message.size(), 1024u);
  }
}

TEST_F(HostileJson, error_bodies_of_every_kind_become_an_error_of_the_status) {
  const std::string huge =
      R"({"code":")" + std::string(1 << 20, 'c') + R"(","message":")" + std::string(1 << 20, 'm') + "\"}";
  for (const auto& body : {std::string(), std::string("null"), std::string("\xff\xfe\x00", 3),
                           std::string(R"({"code":7,"message":[]})"), huge, std::string(100'000, '['),
                           std::string("line\r\nbreak: x"), std::string(R"({"code":"a\r\nb"})")}) {
    serve(404, body);
    const auto browser = retrieve();
    ASSERT_FALSE(browser);
    EXPECT_EQ(browser.error().kind, ErrorKind::not_found) << body.substr(0, 60);
    EXPECT_EQ(browser.error().status, 404);
    EXPECT_LT(browser.error().message.size() + browser.error().code.size(), 8192u);
  }
}

TEST_F(HostileJson, a_base_url_that_is_no_place_of_a_metro_plants_no_route) {
  for (const std::string& base : std::vector<std::string>{"",
                                                          "x",
                                                          "/browser",
                                                          "//evil.example/x",
                                                          "ftp://h/x",
                                                          "file:///etc",
                                                          "javascript:alert(1)",
                                                          "http://u@h/x",
                                                          "http://u:p@h/x",
                                                          "http://h/x?y=z",
                                                          "http://h/x#y",
                                                          "http://h/a b",
                                                          "http://h/\\r\\nX: y",
                                                          "http://h/\\u0000",
                                                          "https://h:443.evil.example/x",
                                                          "http://h:80x",
                                                          "http://",
                                                          "http:///x",
                                                          "ws://h/x",
                                                          "http://[::1/x"}) {
    serve(200, R"({"session_id":")" + kSession + R"(","base_url":")" + base + R"(","jwt":"a.b.c"})");
    (void)client().request({.path = "/browsers/" + kSession});
    EXPECT_TRUE(client().routes().empty()) << base;
  }
}

TEST_F(HostileJson, a_jwt_with_line_breaks_and_marks_stays_one_value) {
  serve(200, R"({"session_id":")" + kSession + R"(","base_url":")" + metro_.origin() +
                 R"(/b","jwt":"a\r\nX-Evil: 1\r\n\r\nGET /smuggled HTTP/1.1&x=y#z"})");
  (void)client().request({.path = "/browsers/" + kSession});
  metro_script_ = [](const SeenRequest&) { return testing::answer(200, "{}"); };
  ASSERT_TRUE(get("telemetry"));
  ASSERT_EQ(metro_.count(), 1u);
  const auto seen = metro_.seen().front();
  EXPECT_EQ(seen.head.find("X-Evil"), seen.head.find("X-Evil%3A")) << seen.head;
  EXPECT_NE(seen.line.find("jwt=a%0D%0AX-Evil%3A%201"), std::string::npos) << seen.line;
  EXPECT_TRUE(seen.line.ends_with("%26x%3Dy%23z HTTP/1.1")) << seen.line;
}

TEST_F(HostileJson, odd_session_ids_and_names_lead_no_request_astray) {
  for (const std::string& id : std::vector<std::string>{"..", ".", "../../x", "a/b", "a?b", "a#b", "%2e%2e",
                                                        "a\\r\\nb", " ", "\\u0000"}) {
    serve(200, R"([{"session_id":")" + id + R"(","name":")" + id + R"(","base_url":")" + metro_.origin() +
                   R"(/b","jwt":"t"}])");
    (void)client().request({.path = "/browsers"});
    const auto before = metro_.count();
    (void)client().browsers().telemetry().events(kSession).next();
    (void)client().request({.path = "/browsers/%2e%2e/telemetry"});
    (void)client().request({.path = "/browsers/../telemetry"});
    EXPECT_EQ(metro_.count(), before) << id;
  }
}

TEST_F(HostileJson, a_flood_of_browsers_fills_no_memory) {
  options_.route_cache_size = 100;
  std::string body = "[";
  for (int i = 0; i < 20'000; ++i) {
    if (i > 0) body += ',';
    body += R"({"session_id":"s)" + std::to_string(i) + R"(","base_url":"http://127.0.0.1:1/b","jwt":"t"})";
  }
  serve(200, body + "]");
  ASSERT_TRUE(client().request({.path = "/browsers"}));
  EXPECT_EQ(client().routes().size(), 100u);
}

TEST_F(HostileJson, the_vm_and_other_origins_plant_no_route) {
  learn();
  const auto known = client().routes();
  const auto planted = R"({"session_id":"planted","base_url":"http://127.0.0.1:1/b","jwt":"t"})";
  metro_script_ = [&](const SeenRequest&) { return testing::answer(200, planted); };
  ASSERT_TRUE(get("telemetry"));
  ASSERT_TRUE(get("telemetry/events"));
  ASSERT_TRUE(client().request({.path = metro_.origin() + "/browsers/planted"}));
  // A redirect that begins at the control plane does not plant one either.
  serve(302, "", "Location: " + metro_.origin() + "/browsers/planted\r\n");
  ASSERT_TRUE(client().request({.path = "/browsers/planted"}));
  ASSERT_EQ(client().routes().size(), known.size());
  EXPECT_EQ(client().routes().front().session_id, kSession);
}

TEST_F(HostileJson, a_listing_that_never_moves_on_ends) {
  for (const std::string& headers : std::vector<std::string>{
           "X-Has-More: true\r\nX-Next-Offset: 5\r\n", "X-Has-More: true\r\nX-Next-Offset: -5\r\n",
           "X-Has-More: true\r\nX-Next-Offset: 99999999999999999999\r\n", "X-Has-More: true\r\n"}) {
    serve(200, R"([{"session_id":"a"}])", "Content-Type: application/json\r\n" + headers);
    auto pages = client().browsers().list();
    int count = 0;
    while (pages.next() && count < 100) ++count;
    EXPECT_LE(count, 2) << headers;
  }
}

class HostileStream : public Contract {
 protected:
  Result<std::optional<TelemetryEnvelope>> first_of(const std::string& bytes) {
    learn();
    metro_script_ = [=](const SeenRequest&) {
      return Play{.bytes = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + bytes};
    };
    auto stream = client().browsers().telemetry().stream(kSession, {.auto_resume = false});
    if (!stream) return stream.error();
    missed_ = 0;
    auto next = stream->next();
    missed_ = stream->missed();
    return next;
  }
  std::int64_t missed_ = 0;
};

TEST_F(HostileStream, an_answer_that_is_no_stream_is_no_stream_that_ended) {
  learn();
  for (const std::string type : {"Content-Type: text/html\r\n", "Content-Type: application/json\r\n", "",
                                 "Content-Type: text/event-streams\r\n"}) {
    metro_script_ = [=](const SeenRequest&) {
      return Play{.bytes = "HTTP/1.1 200 OK\r\n" + type + "\r\n<html>please log in</html>"};
    };
    const auto stream = client().browsers().telemetry().stream(kSession, {.auto_resume = false});
    ASSERT_FALSE(stream) << type;
    EXPECT_EQ(stream.error().code, "bad_answer") << type;
  }
  for (const std::string type :
       {"text/event-stream", "Text/Event-Stream; charset=utf-8", "text/event-stream ;x"}) {
    metro_script_ = [=](const SeenRequest&) {
      return Play{.bytes = "HTTP/1.1 200 OK\r\nContent-Type: " + type + "\r\n\r\n"};
    };
    EXPECT_TRUE(client().browsers().telemetry().stream(kSession, {.auto_resume = false})) << type;
  }
}

TEST_F(HostileStream, lines_and_events_without_end_are_errors) {
  learn();
  for (const std::string& piece :
       std::vector<std::string>{std::string(1000, 'a'), "data: " + std::string(1000, 'a') + "\n",
                                std::string("data\n"), "id: " + std::string(1000, 'a')}) {
    metro_script_ = [=](const SeenRequest&) {
      return Play{.bytes = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n",
                  .more = [=](PeerLine& line) {
                    std::string block;
                    while (block.size() < 60'000) block += piece;
                    while (line.send(block)) {
                    }
                  }};
    };
    auto stream = client().browsers().telemetry().stream(kSession, {.auto_resume = false});
    ASSERT_TRUE(stream);
    const auto next = stream->next();
    ASSERT_FALSE(next) << piece.substr(0, 10);
    EXPECT_EQ(next.error().code, "event_too_large") << piece.substr(0, 10);
  }
}

TEST_F(HostileStream, events_that_are_none_are_errors_and_numbers_do_not_overflow) {
  for (const std::string& data :
       std::vector<std::string>{"x", "[]", "{}", R"({"seq":"x"})", R"({"seq":1e400,"event":{}})",
                                R"({"seq":1,"event":{"ts":"x"}})", "\xff"}) {
    const auto next = first_of("data: " + data + "\n\n");
    if (next) {
      EXPECT_TRUE(data == "{}") << data;
      continue;
    }
    EXPECT_EQ(next.error().code, "bad_answer") << data;
  }
  const std::string dropped = ": dropped 9223372036854775807\n";
  ASSERT_TRUE(first_of(dropped + dropped + dropped + ": dropped -5\n: dropped x\n"));
  EXPECT_EQ(missed_, INT64_MAX);
  ASSERT_TRUE(first_of("data: {\"seq\":9223372036854775807,\"event\":{}}\n\n"));
}

}  // namespace
}  // namespace wye
