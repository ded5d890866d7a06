// Streams of logs: what is asked for, and what is made of events, of hostile ones too.
#include "sdk/testing/sdk_fixture.h"
#include "wye/browser_logs.h"

namespace wye {
namespace {

using testing::answer;
using testing::Play;
using testing::SeenRequest;

class LogStream : public testing::SdkTest {
 protected:
  EventStream<LogLine> open(const std::string& events, const LogQuery& query = {}) {
    script_ = [events](const SeenRequest&) {
      return Play{.bytes = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + events};
    };
    return client().browsers().logs().stream("b", query).value();
  }
};

TEST_F(LogStream, names_its_source) {
  open("");
  EXPECT_EQ(server_.last_seen().line,
            "GET /browsers/b/logs/stream?source=supervisor&supervisor_process=chromium&follow=true HTTP/1.1");
  open("", {.source = LogSource::path, .name = "/tmp/a b&c", .follow = false});
  EXPECT_EQ(server_.last_seen().line,
            "GET /browsers/b/logs/stream?source=path&path=%2Ftmp%2Fa%20b%26c&follow=false HTTP/1.1");
}

TEST_F(LogStream, gives_lines_until_its_answer_ends) {
  auto stream = open(
      ":\n\ndata: {\"event\":\"log\",\"message\":\"one\",\"timestamp\":\"2026-01-01T00:00:00Z\"}\n\n"
      "data: {\"event\":\"of a later version\",\"message\":{}}\n\n",
      {});
  EXPECT_EQ(stream.next().value()->message, "one");
  EXPECT_EQ(stream.next().error().code, "bad_answer") << "a message is a text, whatever the event";
  auto plain = open("data: {\"message\":\"two\",\"timestamp\":\"t\"}\n\ndata: {\"event\":\"x\"}\n\n");
  const auto line = plain.next().value();
  EXPECT_EQ(line->message + line->timestamp, "twot");
  EXPECT_FALSE(plain.next().value());
  EXPECT_FALSE(plain.next().value()) << "and stays at its end";
}

TEST_F(LogStream, hostile_events_are_named) {
  for (const auto* data :
       {"", "[]", "\"log\"", "{\"message\":7}", "{\"event\":{}}", "{\"timestamp\":1}", "{"}) {
    auto stream = open("data: " + std::string(data) + "\n\n");
    EXPECT_EQ(stream.next().error().code, "bad_answer") << data;
  }
}

TEST_F(LogStream, a_missing_file_is_an_error_of_the_opening) {
  script_ = [](const SeenRequest&) { return answer(404, R"({"code":"not_found","message":"no file"})"); };
  EXPECT_EQ(client().browsers().logs().stream("b").error().kind, ErrorKind::not_found);
  EXPECT_EQ(client().browsers().logs().stream("..").error().kind, ErrorKind::invalid);
}

}  // namespace
}  // namespace wye
