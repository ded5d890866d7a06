// What streams of every resource share: hostile answers, their end, and what they were not given.
#include "sdk/event_source.h"

#include <limits>

#include "sdk/testing/sdk_fixture.h"
#include "wye/browser_processes.h"

namespace wye {
namespace {

using testing::answer;
using testing::Play;
using testing::SeenRequest;

constexpr const char* kHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n";

class Events : public testing::SdkTest {
 protected:
  Events() { options_.max_retries = 0; }
  /// Opens an answer whose body ends with its connection.
  Result<EventStream<ProcessOutput>> open(const std::string& body, CallOptions call = {}) {
    return play({.bytes = std::string(kHead) + "\r\n" + body}, std::move(call));
  }
  Result<EventStream<ProcessOutput>> play(Play play, CallOptions call = {}) {
    script_ = [play](const SeenRequest&) { return play; };
    return client().browsers().process().output("b", "p", std::move(call));
  }
};

TEST_F(Events, another_answer_than_events_is_an_error_of_the_opening) {
  EXPECT_EQ(play(answer(404, R"({"code":"browser_gone","message":"m"})")).error().code, "browser_gone");
  EXPECT_EQ(play(answer(500, std::string(1u << 20, 'x'))).error().kind, ErrorKind::internal);
  EXPECT_EQ(play(answer(200, "{}")).error().code, "bad_answer");
  EXPECT_EQ(play(answer(200, "", "Content-Type: text/event-streams\r\n")).error().code, "bad_answer");
  EXPECT_EQ(play(answer(200, "", "")).error().code, "bad_answer");
  auto loose = play(answer(200, "", "Content-Type: Text/Event-Stream ; charset=utf-8\r\n"));
  EXPECT_TRUE(loose) << "the type is compared as a type";
}

TEST_F(Events, a_line_without_end_is_cut_off) {
  auto stream = open("data: " + std::string(5u << 20, 'x')).value();
  EXPECT_EQ(stream.next().error().code, "event_too_large");
  EXPECT_EQ(stream.next().error().code, "event_too_large") << "the same from here on";
}

TEST_F(Events, an_event_of_many_lines_is_cut_off) {
  std::string body;
  for (int i = 0; i < 6; ++i) body += "data: " + std::string(1u << 20, 'x') + "\n";
  auto stream = open(body + "\n").value();
  EXPECT_EQ(stream.next().error().code, "event_too_large");
}

TEST_F(Events, a_connection_that_is_lost_is_no_end) {
  auto cut = play({.bytes = std::string(kHead) + "Content-Length: 999\r\n\r\ndata: {\"event\":\"x\"}\n\n"});
  EXPECT_EQ(cut->next().error().kind, ErrorKind::disconnected);
  auto chunk = play({.bytes = std::string(kHead) + "Transfer-Encoding: chunked\r\n\r\n1f\r\ndata: {"});
  EXPECT_EQ(chunk->next().error().kind, ErrorKind::disconnected);
}

TEST_F(Events, comments_are_counted_and_kept_to_themselves) {
  auto stream = open(
                    ":\n\n: dropped 7\n\n: dropped -5\n\n: dropped x\n\n: dropped 5 and more\n\n"
                    "data: {\"event\":\"exit\",\"exit_code\":0}\n\n: dropped 100\n\n")
                    .value();
  EXPECT_EQ(stream.dropped(), 0);
  EXPECT_EQ(stream.next().value()->exit_code, 0);
  EXPECT_EQ(stream.dropped(), 12);
}

TEST_F(Events, numbers_of_the_server_do_not_overflow) {
  std::int64_t sum = 1;
  sdk::add_dropped(sum, sdk::dropped_by_server("dropped 9223372036854775807"));
  sdk::add_dropped(sum, 5);
  EXPECT_EQ(sum, std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(sdk::dropped_by_server("dropped 99999999999999999999"), 0) << "no number of ours";
}

TEST_F(Events, a_stop_ends_a_wait_at_once) {
  std::stop_source stop;
  auto stream =
      play({.bytes = std::string(kHead) + "\r\n:\n\n", .keep_open = true}, {.stop = stop.get_token()});
  ASSERT_TRUE(stream) << stream.error().message;
  std::jthread stopper([&] { stop.request_stop(); });
  EXPECT_EQ(stream->next().error().kind, ErrorKind::cancelled);
}

TEST_F(Events, a_dropped_stream_closes_its_connection) {
  {
    auto stream = play({.bytes = std::string(kHead) + "\r\n:\n\n", .keep_open = true});
    ASSERT_TRUE(stream);
  }
  EXPECT_TRUE(server_.wait_for_ended(1));
}

TEST_F(Events, a_range_gives_an_error_as_its_last_element) {
  auto stream = open("data: {\"stream\":\"stdout\",\"data_b64\":\"aGk=\"}\n\ndata: 7\n\n").value();
  std::vector<std::string> seen;
  for (const auto& event : stream) seen.push_back(event ? event->bytes : event.error().code);
  EXPECT_EQ(seen, (std::vector<std::string>{"hi", "bad_answer"}));
}

}  // namespace
}  // namespace wye
